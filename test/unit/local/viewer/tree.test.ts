import { expect, test } from '@jest/globals';
import { buildTree, type SpanNode, type SpanTree } from '../../../../local/viewer/tree.ts';
import { locateSpans } from '../../../../shared/otlp/spans.ts';
import { fromService, type SpanInput } from './example-trace.ts';
import { fc } from '../../../support/property.ts';

const treeOf = (...spans: Partial<SpanInput>[]): SpanTree =>
  buildTree(
    locateSpans({
      resourceSpans: [
        fromService(
          's',
          spans.map((span) => ({ id: 'x', name: span.id ?? 'x', from: 0, to: 1, ...span })),
        ),
      ],
    }),
  );

type Outline = string | [string, Outline[]];
const outline = (nodes: SpanNode[]): Outline[] =>
  nodes.map(({ located, children }) =>
    children.length > 0 ? [located.span.name, outline(children)] : located.span.name,
  );

test('children stand below their parent in the order of time, however they arrived', () => {
  const { roots, orphans } = treeOf(
    { id: 'c', parent: 'a', from: 7 },
    { id: 'b', parent: 'a', from: 3 },
    { id: 'd', parent: 'b', from: 4 },
    { id: 'a', from: 0, to: 9 },
  );
  expect(outline(roots)).toEqual([['a', [['b', ['d']], 'c']]]);
  expect(orphans).toEqual([]);
});

test('of two that start together the longer one comes first', () => {
  expect(outline(treeOf({ id: 'short', to: 1 }, { id: 'long', to: 5 }).roots)).toEqual(['long', 'short']);
});

test('waits stand in the order in which one leads to the next, whatever whole seconds make of their times', () => {
  const { roots } = treeOf(
    { id: 'pod starting', parent: 'run', from: 4 },
    { id: 'queued', parent: 'run', from: 3 },
    { id: 'reconcile', parent: 'run', from: 2 },
    { id: 'pod scheduling', parent: 'run', from: 1 },
    { id: 'step a', parent: 'run', from: 4, to: 9 },
    { id: 'run', from: 0, to: 9 },
  );
  expect(outline(roots)).toEqual([['run', ['queued', 'reconcile', 'pod scheduling', 'pod starting', 'step a']]]);
});

test('steps that did not get their turn, all at the same time, stay in the order of the task', () => {
  const { roots } = treeOf(
    { id: 'task', from: 0, to: 9 },
    { id: 'one', parent: 'task', name: 'step install', from: 1, to: 3 },
    { id: 'two', parent: 'task', name: 'step jest', from: 3, to: 3 },
    { id: 'three', parent: 'task', name: 'step coverage', from: 3, to: 3 },
  );
  expect(outline(roots)).toEqual([['task', ['step install', 'step jest', 'step coverage']]]);
});

test('a span whose parent is not there is an orphan, with what is below it', () => {
  const { roots, orphans } = treeOf({ id: 'a' }, { id: 'b', parent: 'gone' }, { id: 'c', parent: 'b' });
  expect(outline(roots)).toEqual(['a']);
  expect(outline(orphans)).toEqual([['b', ['c']]]);
  expect(orphans[0]?.parentMissing).toBe(true);
});

test('a second span of the same id stands beside the first and takes no children from it', () => {
  const { roots } = treeOf(
    { id: 'a', name: 'first' },
    { id: 'a', name: 'second', from: 0.5 },
    { id: 'b', parent: 'a' },
  );
  expect(outline(roots)).toEqual([['first', ['b']], 'second']);
  expect(roots.map(({ duplicate }) => duplicate)).toEqual([false, true]);
});

test('parents that run in a circle are cut open once', () => {
  const { roots, orphans } = treeOf(
    { id: 'a', parent: 'c' },
    { id: 'b', parent: 'a' },
    { id: 'c', parent: 'b' },
    { id: 'd', parent: 'd' },
  );
  expect(roots).toEqual([]);
  const names = (nodes: SpanNode[]): string[] => nodes.flatMap((n) => [n.located.span.name, ...names(n.children)]);
  expect(names(orphans).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  expect(orphans).toHaveLength(2);
});

test('whatever the parents are, every span is in exactly one place', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const spans = fc.array(fc.record({ id, parent: fc.option(id, { nil: undefined }), from: fc.nat(5) }));
  fc.assert(
    fc.property(spans, (some) => {
      const { roots, orphans } = treeOf(
        ...some.map(({ parent, ...span }) => ({ ...span, ...(parent !== undefined && { parent }) })),
      );
      const count = (nodes: SpanNode[]): number => nodes.reduce((sum, node) => sum + 1 + count(node.children), 0);
      expect(count([...roots, ...orphans])).toBe(some.length);
    }),
  );
});
