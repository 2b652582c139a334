import type { ApartReason } from '../../shared/otlp/sender.ts';
import { valueText } from '../../shared/otlp/spans.ts';
import { printableUpTo } from '../../shared/text/printable.ts';
import { SPAN_KIND, type KeyValue, type Resource } from '../../shared/otlp/types.ts';
import { categoryOf, problemOf, resultOf, type Category, type Result } from './classify.ts';
import { formatDuration } from './duration.ts';
import type { SpanNode } from './tree.ts';

/** Names and messages come from anyone; of longer ones the beginning says what they are. The whole is in the downloads. */
const MAX_NAME = 500;
const MAX_PROBLEM = 1000;

export type TextPairs = [key: string, value: string][];

/** One line of the waterfall. Times are milliseconds after the trace's start. */
export interface WaterfallRow {
  /** Unique in the trace: the span id, with a suffix for a second span of that id. */
  id: string;
  /** Index of the row above in the tree, -1 at the top. */
  parent: number;
  depth: number;
  /** In one line, without characters that hide or reorder it. */
  name: string;
  category: Category;
  result: Result;
  offsetMs: number;
  durationMs: number;
  durationText: string;
  problem?: string;
  /** The problem started here: no span below explains it. */
  isOrigin: boolean;
  /** A step sent the span. */
  fromStep: boolean;
  /** Why a step's span is no part of the run's trace. */
  apart?: string;
  /** It has not ended: an API object gave the row, and its duration is that until the query. */
  isRunning?: boolean;
  /** Anomalies of the span: missing parent, duplicate id. */
  warnings: string[];
  spanId: string;
  parentSpanId?: string;
  service: string;
  scope: string;
  kind: string;
  status: { code: string; message?: string };
  attributes: TextPairs;
  /** Shared with other rows: not to be changed. */
  resource: TextPairs;
  events: { name: string; offsetMs: number; attributes: TextPairs }[];
  links: { traceId: string; spanId: string; attributes: TextPairs }[];
}

/** The value of an attribute as text. */
export const attributeOf = ({ attributes }: Pick<WaterfallRow, 'attributes'>, key: string): string | undefined =>
  attributes.find(([name]) => name === key)?.[1];

const kindNames = Object.fromEntries(Object.entries(SPAN_KIND).map(([name, kind]) => [kind, name]));
const statusNames = ['unset', 'ok', 'error'];

const pairs = (attributes: KeyValue[]): TextPairs => attributes.map(({ key, value }) => [key, valueText(value)]);

/** Thousands of spans share a few resources. */
const resourcePairs = new WeakMap<Resource, TextPairs>();

function pairsOf(resource: Resource): TextPairs {
  const known = resourcePairs.get(resource) ?? pairs(resource.attributes);
  resourcePairs.set(resource, known);
  return known;
}

/** Milliseconds from one time to another, both in nanoseconds. */
export const msBetween = (from: bigint, to: bigint): number => Number(to - from) / 1e6;

/** When the run began and ended, in nanoseconds since the epoch. */
export interface Bounds {
  start: bigint;
  end: bigint;
}

const APART_TEXT: Record<ApartReason, string> = {
  'other-trace': 'another trace',
  'span-id-taken': 'span id of the run',
};

function warningsOf(node: SpanNode, cut: boolean): string[] {
  const { located, reversedBy, parentMissing, inCircle, duplicate, sender, apart, elsewhere } = node;
  const { traceId, parentSpanId } = located.span;
  const who = sender && `container ${sender.container} of Pod ${sender.pod}`;
  return [
    ...(apart === 'other-trace' ? [`${who} sent it as a span of trace ${traceId}, which is not the run's`] : []),
    ...(apart === 'span-id-taken' ? [`${who} sent it with the id of a span of the run`] : []),
    ...(elsewhere ? [`${who} sent it`] : []),
    ...(reversedBy > 0n
      ? [`it ends ${formatDuration(Number(reversedBy) / 1e6)} before it starts, and is drawn without length`]
      : []),
    ...(cut ? ["its times are not within the run's, and are drawn cut to them"] : []),
    ...(inCircle ? [`its parent ${parentSpanId ?? ''} is below it: their parents run in a circle`] : []),
    ...(parentMissing && parentSpanId !== undefined ? [`its parent ${parentSpanId} is not in the trace`] : []),
    ...(parentMissing && parentSpanId === undefined ? ['the span of the step that sent it is not in the trace'] : []),
    ...(duplicate && !apart ? ['another span has the same id and other content'] : []),
  ];
}

const within = (time: bigint, { start, end }: Bounds): bigint => (time < start ? start : time > end ? end : time);

/** The row of one span. `bounds` are the run's, `index` is the row's own, `above` is its parent row. */
export function rowOf(
  node: SpanNode,
  bounds: Bounds,
  index: number,
  above?: { index: number; depth: number },
): WaterfallRow {
  const { located } = node;
  const { span, resource, scope, serviceName } = located;
  const startNanos = bounds.start;
  // Wrong times, and those of a step's spans, must not stretch the axis.
  const [start, end] = [within(node.start, bounds), within(node.end, bounds)];
  const problem = problemOf(located);
  return {
    id: node.duplicate ? `${span.spanId}-${index}` : span.spanId,
    parent: above?.index ?? -1,
    depth: above ? above.depth + 1 : 0,
    name: printableUpTo(span.name, MAX_NAME),
    category: categoryOf(located),
    result: node.isRunning ? 'running' : resultOf(located),
    ...(node.isRunning && { isRunning: true }),
    offsetMs: msBetween(startNanos, start),
    durationMs: msBetween(start, end),
    durationText: formatDuration(msBetween(node.start, node.end)),
    fromStep: node.sender !== undefined,
    ...(node.apart && { apart: APART_TEXT[node.apart] }),
    ...(problem !== undefined && { problem: printableUpTo(problem, MAX_PROBLEM) }),
    isOrigin: problem !== undefined,
    warnings: warningsOf(node, start !== node.start || end !== node.end),
    spanId: span.spanId,
    ...(span.parentSpanId !== undefined && { parentSpanId: span.parentSpanId }),
    service: serviceName,
    scope: [scope.name, scope.version].filter(Boolean).join(' '),
    kind: kindNames[span.kind] ?? String(span.kind),
    status: {
      code: statusNames[span.status.code] ?? String(span.status.code),
      ...(span.status.message !== undefined && { message: span.status.message }),
    },
    attributes: pairs(span.attributes),
    resource: pairsOf(resource),
    events: span.events.map((event) => ({
      name: event.name,
      offsetMs: msBetween(startNanos, BigInt(event.timeUnixNano)),
      attributes: pairs(event.attributes),
    })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({ traceId, spanId, attributes: pairs(attributes) })),
  };
}

/** The placeholder for a root that has not arrived: as long as the known spans, without a span of its own. */
export function placeholderRow(durationMs: number): WaterfallRow {
  return {
    id: 'running',
    parent: -1,
    depth: 0,
    name: 'running…',
    category: 'placeholder',
    result: 'running',
    offsetMs: 0,
    durationMs,
    durationText: formatDuration(durationMs),
    isOrigin: false,
    fromStep: false,
    warnings: ['the span of the run itself arrives when the run has ended'],
    spanId: '',
    service: '',
    scope: '',
    kind: '',
    status: { code: 'unset' },
    attributes: [],
    resource: [],
    events: [],
    links: [],
  };
}
