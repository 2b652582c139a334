import type { LocatedSpan } from '../../shared/otlp/spans.ts';

export interface SpanNode {
  located: LocatedSpan;
  children: SpanNode[];
  /** The span names a parent that is not in the trace (yet). */
  parentMissing: boolean;
  /** Another span with the same id and other content came before. */
  duplicate: boolean;
}

const startOf = (node: SpanNode): bigint => BigInt(node.located.span.startTimeUnixNano);

/** Earlier first; at the same time the longer one, which is more likely to be around the other. */
function inTime(a: SpanNode, b: SpanNode): number {
  if (startOf(a) !== startOf(b)) return startOf(a) < startOf(b) ? -1 : 1;
  const [endA, endB] = [BigInt(a.located.span.endTimeUnixNano), BigInt(b.located.span.endTimeUnixNano)];
  return endA === endB ? a.located.span.name.localeCompare(b.located.span.name) : endA > endB ? -1 : 1;
}

function markReached(top: SpanNode, reached: Set<SpanNode>): void {
  const stack = [top];
  for (let node = stack.pop(); node; node = stack.pop()) {
    reached.add(node);
    stack.push(...node.children);
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
 * `roots` have no parent, `orphans` name one that is not there (or that is below them). Every span given is in exactly one place.
 */
export function buildTree(spans: LocatedSpan[]): { roots: SpanNode[]; orphans: SpanNode[] } {
  const byId = new Map<string, SpanNode>();
  const nodes = spans.map((located): SpanNode => {
    const duplicate = byId.has(located.span.spanId);
    const node = { located, children: [], parentMissing: false, duplicate };
    if (!duplicate) byId.set(located.span.spanId, node);
    return node;
  });
  const parentOf = (node: SpanNode): SpanNode | undefined => byId.get(node.located.span.parentSpanId ?? '');
  for (const node of nodes) parentOf(node)?.children.push(node);
  const roots = nodes.filter((node) => node.located.span.parentSpanId === undefined);
  const orphans = nodes.filter((node) => node.located.span.parentSpanId !== undefined && !parentOf(node));
  orphans.push(...cutCircles(nodes, [...roots, ...orphans], parentOf));
  for (const orphan of orphans) orphan.parentMissing = true;
  for (const list of [roots, orphans, ...nodes.map((node) => node.children)]) list.sort(inTime);
  return { roots, orphans };
}
