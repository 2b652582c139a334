import type { LocatedSpan } from '../../shared/otlp/spans.ts';

export interface SpanNode {
  located: LocatedSpan;
  children: SpanNode[];
  /** Nanoseconds since the epoch. */
  start: bigint;
  /** Never before the start. */
  end: bigint;
  /** The span names a parent that is not in the trace (yet). */
  parentMissing: boolean;
  /** Another span with the same id and other content came before. */
  duplicate: boolean;
}

/** Earlier first; at the same time the longer one, which is more likely to be around the other. */
/** What comes before what, where a clock is too coarse to tell. */
const WAITS = ['admission', 'queued', 'pod scheduling', 'pod starting'];

const rank = ({ located }: SpanNode): number => {
  const index = WAITS.indexOf(located.span.name);
  return index < 0 ? WAITS.length : index;
};

function inTime(a: SpanNode, b: SpanNode): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (a.end !== b.end) return a.end > b.end ? -1 : 1;
  const [nameA, nameB] = [a.located.span.name, b.located.span.name];
  return nameA === nameB ? 0 : nameA < nameB ? -1 : 1;
}

export interface SpanTree {
  /** Every span, in the order given. */
  nodes: SpanNode[];
  /** Without a parent. */
  roots: SpanNode[];
  /** Naming a parent that is not there, or that is below them. */
  orphans: SpanNode[];
}

function markReached(top: SpanNode, reached: Set<SpanNode>): void {
  const stack = [top];
  for (let node = stack.pop(); node; node = stack.pop()) {
    reached.add(node);
    for (const child of node.children) stack.push(child);
  }
}

/** Parents that run in a circle are below no root: each circle is cut open at one span, which becomes an orphan. */
function cutCircles(
  nodes: SpanNode[],
  tops: SpanNode[],
  parentOf: (node: SpanNode) => SpanNode | undefined,
): SpanNode[] {
  const reached = new Set<SpanNode>();
  for (const top of tops) markReached(top, reached);
  const cut: SpanNode[] = [];
  for (const node of nodes) {
    if (reached.has(node)) continue;
    const path = new Set<SpanNode>();
    let at = node;
    for (let parent = parentOf(at); parent && !path.has(at); parent = parentOf(at)) {
      path.add(at);
      at = parent;
    }
    const siblings = parentOf(at)?.children ?? [];
    siblings.splice(siblings.indexOf(at), 1);
    cut.push(at);
    markReached(at, reached);
  }
  return cut;
}

/**
 * Arranges the spans of one trace under their parents, children in the order of time.
 * Every span given is in exactly one place.
 */
export function buildTree(spans: LocatedSpan[]): SpanTree {
  const byId = new Map<string, SpanNode>();
  const nodes = spans.map((located): SpanNode => {
    const duplicate = byId.has(located.span.spanId);
    const start = BigInt(located.span.startTimeUnixNano);
    const sentEnd = BigInt(located.span.endTimeUnixNano);
    const end = sentEnd < start ? start : sentEnd;
    const node = { located, children: [], start, end, parentMissing: false, duplicate };
    if (!duplicate) byId.set(located.span.spanId, node);
    return node;
  });
  const parentOf = (node: SpanNode): SpanNode | undefined => byId.get(node.located.span.parentSpanId ?? '');
  for (const node of nodes) parentOf(node)?.children.push(node);
  const roots = nodes.filter((node) => node.located.span.parentSpanId === undefined);
  const parentGone = nodes.filter((node) => node.located.span.parentSpanId !== undefined && !parentOf(node));
  const orphans = [...parentGone, ...cutCircles(nodes, [...roots, ...parentGone], parentOf)];
  for (const orphan of orphans) orphan.parentMissing = true;
  for (const list of [roots, orphans, ...nodes.map((node) => node.children)]) list.sort(inTime);
  return { nodes, roots, orphans };
}
