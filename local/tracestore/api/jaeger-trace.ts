import { apartReason } from '../../../shared/otlp/sender.ts';
import { plainValue, locateSpans, type LocatedSpan } from '../../../shared/otlp/spans.ts';
import {
  SPAN_KIND,
  STATUS_CODE,
  type AnyValue,
  type KeyValue,
  type Resource,
  type TracesData,
} from '../../../shared/otlp/types.ts';

export interface JaegerTag {
  key: string;
  type: 'string' | 'bool' | 'int64' | 'float64' | 'binary';
  value: unknown;
}

export interface JaegerSpan {
  traceID: string;
  spanID: string;
  operationName: string;
  references: { refType: 'CHILD_OF' | 'FOLLOWS_FROM'; traceID: string; spanID: string }[];
  /** Microseconds since the epoch. */
  startTime: number;
  /** Microseconds. */
  duration: number;
  tags: JaegerTag[];
  logs: { timestamp: number; fields: JaegerTag[] }[];
  processID: string;
  warnings: string[] | null;
}

export interface JaegerTrace {
  traceID: string;
  spans: JaegerSpan[];
  processes: Record<string, { serviceName: string; tags: JaegerTag[] }>;
  warnings: null;
}

const kindNames = Object.fromEntries(Object.entries(SPAN_KIND).map(([name, kind]) => [kind, name]));

function tagOf(key: string, value: AnyValue): JaegerTag {
  if (value.boolValue !== undefined) return { key, type: 'bool', value: value.boolValue };
  if (value.intValue !== undefined) return { key, type: 'int64', value: plainValue(value) };
  if (value.doubleValue !== undefined) return { key, type: 'float64', value: value.doubleValue };
  if (value.bytesValue !== undefined) return { key, type: 'binary', value: value.bytesValue };
  const plain = plainValue(value);
  return { key, type: 'string', value: typeof plain === 'string' ? plain : JSON.stringify(plain) };
}

const tagsOf = (attributes: KeyValue[]): JaegerTag[] => attributes.map(({ key, value }) => tagOf(key, value));
const text = (key: string, value: string | undefined): JaegerTag[] =>
  value === undefined || value === '' ? [] : [{ key, type: 'string', value }];
const micros = (nanos: bigint): number => Number(nanos / 1000n);

function statusTags({ span }: LocatedSpan): JaegerTag[] {
  if (span.status.code === STATUS_CODE.ok) return text('otel.status_code', 'OK');
  if (span.status.code !== STATUS_CODE.error) return [];
  return [
    ...text('otel.status_code', 'ERROR'),
    ...text('otel.status_description', span.status.message),
    { key: 'error', type: 'bool', value: true },
  ];
}

function warningsOf({ span }: LocatedSpan, idCounts: Map<string, number>): string[] | null {
  const { spanId, parentSpanId } = span;
  const warnings = [
    ...(parentSpanId !== undefined && !idCounts.has(parentSpanId) ? [`parent span ${parentSpanId} is missing`] : []),
    ...((idCounts.get(spanId) ?? 0) > 1 ? [`span id ${spanId} is used by several spans`] : []),
    ...(BigInt(span.endTimeUnixNano) < BigInt(span.startTimeUnixNano) ? ['the span ends before it starts'] : []),
  ];
  return warnings.length > 0 ? warnings : null;
}

function spanOf(located: LocatedSpan, processID: string, warnings: string[] | null): JaegerSpan {
  const { span, scope } = located;
  const [start, end] = [BigInt(span.startTimeUnixNano), BigInt(span.endTimeUnixNano)];
  const { traceId, parentSpanId } = span;
  return {
    traceID: traceId,
    spanID: span.spanId,
    operationName: span.name,
    references: [
      ...(parentSpanId === undefined ? [] : [{ refType: 'CHILD_OF' as const, traceID: traceId, spanID: parentSpanId }]),
      ...span.links.map((link) => ({ refType: 'FOLLOWS_FROM' as const, traceID: link.traceId, spanID: link.spanId })),
    ],
    startTime: micros(start),
    duration: end > start ? micros(end) - micros(start) : 0,
    tags: [
      ...text('otel.scope.name', scope.name),
      ...text('otel.scope.version', scope.version),
      ...tagsOf(span.attributes),
      ...(span.kind === SPAN_KIND.unspecified ? [] : text('span.kind', kindNames[span.kind])),
      ...statusTags(located),
      ...text('w3c.tracestate', span.traceState),
    ],
    logs: span.events.map((event) => ({
      timestamp: micros(BigInt(event.timeUnixNano)),
      fields: [...text('event', event.name), ...tagsOf(event.attributes)],
    })),
    processID,
    warnings,
  };
}

/** A trace in the shape of `data[0]` of Jaeger's `GET /api/traces/{id}`, without spans of steps that are no part of it. */
export function jaegerTrace(traceId: string, traces: TracesData): JaegerTrace {
  const spans = locateSpans(traces).filter((located) => apartReason(located) === undefined);
  const idCounts = new Map<string, number>();
  for (const { span } of spans) idCounts.set(span.spanId, (idCounts.get(span.spanId) ?? 0) + 1);
  const processes: JaegerTrace['processes'] = {};
  const processIds = new Map<string, string>();
  // A resource may have megabytes, and thousands of spans.
  const known = new Map<Resource, string>();
  const processOf = ({ resource, serviceName }: LocatedSpan): string => {
    const tags = tagsOf(resource.attributes.filter(({ key }) => key !== 'service.name'));
    const process = { serviceName, tags };
    const key = JSON.stringify(process);
    const processID = processIds.get(key) ?? `p${processIds.size + 1}`;
    processIds.set(key, processID);
    processes[processID] = process;
    return processID;
  };
  const jaegerSpans = spans.map((located) => {
    const processID = known.get(located.resource) ?? processOf(located);
    known.set(located.resource, processID);
    return spanOf(located, processID, warningsOf(located, idCounts));
  });
  return { traceID: traceId, spans: jaegerSpans, processes, warnings: null };
}
