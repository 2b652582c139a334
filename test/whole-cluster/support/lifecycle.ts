import { expect } from '@jest/globals';

import type { JaegerTrace, ShownSpan } from '../../peers/support/jaeger-trace.ts';

/** The service of the spans that say what became of a run. */
const LIFECYCLE = 'tekton-pipelines';

/** A span's name with those below it, or only its name. */
export type Tree = string | { [name: string]: Tree[] };

/** The lifecycle spans below `span`, by name. */
function treeOf(span: ShownSpan, all: ShownSpan[]): Tree {
  const below = all.filter(({ parentSpanId, service }) => parentSpanId === span.spanId && service === LIFECYCLE);
  if (below.length === 0) return span.name;
  return { [span.name]: sorted(below.map((child) => treeOf(child, all))) };
}

const sorted = (trees: Tree[]): Tree[] => trees.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** The same tree with the order that `lifecycleTree` has. */
export function inOrder(tree: Tree): Tree {
  if (typeof tree === 'string') return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, below]) => [name, sorted(below.map(inOrder))]));
}

/** One root, every other span below one that is there, each stored once, nothing that Jaeger warns of. Gives the root. */
export function expectWholeTrace({ shown, stored, warnings }: JaegerTrace): ShownSpan {
  const ids = new Set(shown.map(({ spanId }) => spanId));
  const roots = shown.filter(({ parentSpanId }) => parentSpanId === undefined);
  expect(roots).toHaveLength(1);
  expect(shown.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId))).toEqual([]);
  expect(stored).toHaveLength(ids.size);
  expect(new Set(stored.map(({ spanId }) => spanId))).toEqual(ids);
  expect(warnings).toEqual([]);
  return roots[0] as ShownSpan;
}

/** The lifecycle spans of a whole trace. */
export function lifecycleTree(trace: JaegerTrace): Tree {
  return treeOf(expectWholeTrace(trace), trace.shown);
}
