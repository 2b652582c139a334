import { apartReason, senderOf } from '../../shared/otlp/sender.ts';
import type { ApartReason, SpanSender } from '../../shared/otlp/sender.ts';
import type { LocatedSpan } from '../../shared/otlp/spans.ts';

export interface SpanNode {
  located: LocatedSpan;
  children: SpanNode[];
  /** Nanoseconds since the epoch. */
  start: bigint;
  /** Never before the start. */
  end: bigint;
  /** How long before its start the span says that it ended, in nanoseconds; 0 unless it does. */
  reversedBy: bigint;
  /** The span names a parent that is not in the trace (yet). */
  parentMissing: boolean;
  /** Its parent is below it. */
  inCircle?: boolean;
  /** Another span with the same id and other content came before. */
  duplicate: boolean;
  /** Of a span that a step sent. */
  sender?: SpanSender;
  /** Why such a span is no part of the run's trace. Its parent row is the step that sent it. */
  apart?: ApartReason;
  /** Its parent is neither its sender's span nor from the same sender. */
  elsewhere?: boolean;
  /** An API object gave it, and it has not ended. */
  isRunning?: boolean;
}

/** The waits of a run or task, in their order. */
const WAITS = ['admission', 'queued', 'pending', 'pod scheduling', 'pod starting'];

const waitOf = ({ located, sender }: SpanNode): number => (sender ? -1 : WAITS.indexOf(located.span.name));

const isStep = (name: string): boolean => name.startsWith('step ');

/** Sorts by start; at the same time waits first, then longer spans, which probably contain the others. */
function inTime(a: SpanNode, b: SpanNode): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  if (waitOf(a) < 0 !== waitOf(b) < 0) return waitOf(b) < 0 ? -1 : 1;
  if (a.end !== b.end) return a.end > b.end ? -1 : 1;
  const [nameA, nameB] = [a.located.span.name, b.located.span.name];
  // Steps that did not get their turn: they were sent in their order.
  if (isStep(nameA) && isStep(nameB) && !a.sender && !b.sender) return 0;
  return nameA === nameB ? 0 : nameA < nameB ? -1 : 1;
}

/** Sorts by time, but keeps the waits in their order: Kubernetes' times are whole seconds, so a Pod may seem older than its run. */
function sortSiblings(nodes: SpanNode[]): void {
  nodes.sort(inTime);
  const places = nodes.flatMap((node, index) => (waitOf(node) < 0 ? [] : [index]));
  const waits = places.map((index) => nodes[index] as SpanNode).sort((a, b) => waitOf(a) - waitOf(b));
  places.forEach((place, index) => (nodes[place] = waits[index] as SpanNode));
}

export interface SpanTree {
  /** Every span, in the order given. */
  nodes: SpanNode[];
  /** Without a parent. */
  roots: SpanNode[];
  /** With a missing parent, or one below them. */
  orphans: SpanNode[];
}

function markReached(top: SpanNode, reached: Set<SpanNode>): void {
  const stack = [top];
  for (let node = stack.pop(); node; node = stack.pop()) {
    reached.add(node);
    for (const child of node.children) stack.push(child);
  }
}

/** Circles of parents have no root: one span of each circle becomes an orphan. */
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

function nodeOf(located: LocatedSpan & { isRunning?: boolean }): SpanNode {
  const start = BigInt(located.span.startTimeUnixNano);
  const sentEnd = BigInt(located.span.endTimeUnixNano);
  const isReversed = sentEnd < start;
  const end = isReversed ? start : sentEnd;
  const [sender, apart] = [senderOf(located), apartReason(located)];
  return {
    ...{ located, children: [], start, end, reversedBy: isReversed ? start - sentEnd : 0n },
    ...{ parentMissing: false, duplicate: false },
    ...(sender && { sender }),
    ...(apart && { apart }),
    ...(located.isRunning && { isRunning: true }),
  };
}

const isFrom = (node: SpanNode, sender: SpanSender): boolean =>
  node.sender
    ? node.sender.pod === sender.pod && node.sender.container === sender.container
    : node.located.span.spanId === sender.spanId;

/** Finds parents. A step's span is never the parent of a product's span, whatever id it claims. */
class Parents {
  readonly #own = new Map<string, SpanNode>();
  readonly #sent = new Map<string, SpanNode>();

  /** The first span of an id counts; later ones are marked. */
  add(node: SpanNode): void {
    const { traceId, spanId } = node.located.span;
    const [index, key] = node.sender ? [this.#sent, `${traceId}/${spanId}`] : [this.#own, spanId];
    node.duplicate = index.has(key) || node.apart === 'span-id-taken';
    if (!node.duplicate) index.set(key, node);
  }

  /** The named parent; for spans that a step sent to another trace, only among those. */
  #named({ located, sender, apart }: SpanNode): SpanNode | undefined {
    const { traceId, parentSpanId = '' } = located.span;
    if (!sender) return this.#own.get(parentSpanId);
    const own = apart === 'other-trace' ? undefined : this.#own.get(parentSpanId);
    return own ?? this.#sent.get(`${traceId}/${parentSpanId}`);
  }

  /** A span's parent row: the named parent, else the step that sent it. */
  of(node: SpanNode): SpanNode | undefined {
    return this.#named(node) ?? this.#own.get(node.sender?.spanId ?? '');
  }

  isMissing(node: SpanNode): boolean {
    return node.located.span.parentSpanId !== undefined && !this.#named(node);
  }
}

/**
 * Arranges the spans of one trace under their parents, children in the order of time.
 * Every span given is in exactly one place.
 */
export function buildTree(spans: (LocatedSpan & { isRunning?: boolean })[]): SpanTree {
  const nodes = spans.map(nodeOf);
  const parents = new Parents();
  for (const node of nodes) parents.add(node);
  const parentOf = (node: SpanNode): SpanNode | undefined => parents.of(node);
  for (const node of nodes) {
    const parent = parentOf(node);
    parent?.children.push(node);
    node.parentMissing = parents.isMissing(node) && node.apart !== 'other-trace';
    if (parent && node.sender) node.elsewhere = !isFrom(parent, node.sender);
  }
  const roots = nodes.filter((node) => node.located.span.parentSpanId === undefined && !node.sender);
  const parentGone = nodes.filter(
    (node) => (node.sender ?? node.located.span.parentSpanId) !== undefined && !parentOf(node),
  );
  for (const orphan of parentGone) orphan.parentMissing = true;
  const cut = cutCircles(nodes, [...roots, ...parentGone], parentOf);
  for (const orphan of cut) orphan.inCircle = true;
  const orphans = [...parentGone, ...cut];
  for (const list of [roots, orphans, ...nodes.map((node) => node.children)]) sortSiblings(list);
  return { nodes, roots, orphans };
}
