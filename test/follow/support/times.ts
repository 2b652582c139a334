import type { ShownSpan } from '../../peers/support/jaeger-trace.ts';
import { factOf } from './facts.ts';
import type { Fact } from './facts.ts';
import type { Family } from './family.ts';
import { label, paths } from './tree.ts';
import type { SpanNode } from './tree.ts';

const SECOND_MS = 1000;
/** Jaeger counts in microseconds. */
const ROUNDING_MS = 0.001;
/** What a span without length is given, so that Jaeger does not warn. */
const SHORTEST_MS = 0.002;

const seconds = (ms: number): string => `${(ms / SECOND_MS).toFixed(3)} s`;

/** A span begins and ends within a second of what kubectl shows, and has a length where that has one. */
function wrongTimes(span: ShownSpan, { startMs, endMs, latestEndMs = endMs }: Fact): string[] {
  const problems: string[] = [];
  const early = startMs === undefined ? 0 : span.startMs - startMs;
  const nearest = Math.min(Math.max(span.endMs, endMs ?? -Infinity), latestEndMs ?? Infinity);
  const late = span.endMs - nearest;
  if (Math.abs(early) > SECOND_MS + ROUNDING_MS) problems.push(`begins ${seconds(early)} from what kubectl shows`);
  if (Math.abs(late) > SECOND_MS + ROUNDING_MS) problems.push(`ends ${seconds(late)} from what kubectl shows`);
  const shown = (endMs ?? NaN) - (startMs ?? NaN);
  // Of two times in whole seconds that are a second apart, the moments may be the same; those of a step are known finer.
  const atLeast = span.name.startsWith('step ') ? SECOND_MS : 2 * SECOND_MS;
  if (shown >= atLeast && span.endMs - span.startMs <= SHORTEST_MS)
    problems.push(`has no length, and kubectl shows ${seconds(shown)}`);
  return problems;
}

function outside(span: ShownSpan, parent: ShownSpan | undefined): string[] {
  if (parent === undefined) return [];
  const fits = span.startMs >= parent.startMs - ROUNDING_MS && span.endMs <= parent.endMs + ROUNDING_MS;
  return fits
    ? []
    : [`lies ${seconds(span.startMs - parent.startMs)} to ${seconds(span.endMs - parent.startMs)} in ${parent.name}`];
}

/** Steps follow each other in the order of their Task. */
function overlaps({ below }: SpanNode): string[] {
  const steps = below.map(({ span }) => span).filter(({ name }) => name.startsWith('step '));
  return steps.flatMap((step, index) => {
    const next = steps[index + 1];
    return next !== undefined && step.endMs > next.startMs + ROUNDING_MS
      ? [`${step.name} ends ${seconds(step.endMs - next.startMs)} after the start of ${next.name}`]
      : [];
  });
}

/**
 * A whole second stands as written. It is raised to its last millisecond only where something began in it, and nothing says when that ended. The wait for
 * the first step ends when that started, which is known to the millisecond: it may be the last one.
 */
function raised(node: SpanNode, root: SpanNode, { endMs, latestEndMs }: Fact): string[] {
  const { span: own } = node;
  if (endMs === undefined || latestEndMs !== undefined || own.endMs - endMs !== SECOND_MS - 1) return [];
  const began = nodes(node).some(({ span }) => span.startMs >= endMs);
  const ended = own.name === 'pod starting' && nodes(root).some(({ span }) => span.startMs === own.endMs);
  return began || ended ? [] : ['ends with the last millisecond of a second, which nothing says'];
}

/** Everything that is wrong with the times of a trace. */
export function timeProblems(root: SpanNode, family: Family): string[] {
  return [...paths(root)]
    .flatMap((path) => {
      const span = path.at(-1) as ShownSpan;
      const fact = factOf(path, family);
      const node = nodes(root).find((one) => one.span === span) as SpanNode;
      const wrong = fact === undefined ? [] : [...wrongTimes(span, fact), ...raised(node, root, fact)];
      const all = [...wrong, ...outside(span, path.at(-2))];
      return all.map((problem) => `${path.map(label).join(' > ')} ${problem}`);
    })
    .concat(nodes(root).flatMap(overlaps));
}

const nodes = (node: SpanNode): SpanNode[] => [node, ...node.below.flatMap(nodes)];
