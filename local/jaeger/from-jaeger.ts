import {
  SPAN_KIND,
  STATUS_CODE,
  type AnyValue,
  type KeyValue,
  type Span,
  type TracesData,
} from '../../shared/otlp/types.ts';
import type { JaegerSpan, JaegerTag, JaegerTrace } from '../tracestore/api/jaeger-trace.ts';

/** Tags that Jaeger makes of the parts of a span that are no attributes. */
const NO_ATTRIBUTES = new Set([
  'span.kind',
  'otel.status_code',
  'otel.status_description',
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'otel.library.version',
  'internal.span.format',
  'w3c.tracestate',
  'error',
]);

function valueOf({ type, value }: JaegerTag): AnyValue {
  if (type === 'bool') return { boolValue: value === true || value === 'true' };
  if (type === 'int64') return { intValue: String(value) };
  if (type === 'float64') {
    const number = Number(value);
    return { doubleValue: Number.isFinite(number) ? number : (String(value) as 'NaN') };
  }
  if (type === 'binary') return { bytesValue: String(value) };
  return { stringValue: String(value) };
}

const attributesOf = (tags: JaegerTag[]): KeyValue[] => tags.map((tag) => ({ key: tag.key, value: valueOf(tag) }));

/** OTLP's times have 64 bits. */
const MAX_MICROS = 1.8e16;

/** Jaeger has microseconds. Its clock adjuster may move a span before 1970, and writes that as a number near 2^64: such a time counts as unknown. */
const nanos = (micros: number): string =>
  micros >= 0 && micros < MAX_MICROS ? String(BigInt(Math.round(micros)) * 1000n) : '0';

const textOf = (tags: JaegerTag[], ...keys: string[]): string | undefined => {
  const found = tags.find(({ key }) => keys.includes(key));
  return found && String(found.value);
};

function statusOf(tags: JaegerTag[]): Span['status'] {
  const code = textOf(tags, 'otel.status_code')?.toUpperCase();
  const isError = code === 'ERROR' || (code === undefined && textOf(tags, 'error') === 'true');
  const message = textOf(tags, 'otel.status_description');
  if (!isError) return { code: code === 'OK' ? STATUS_CODE.ok : STATUS_CODE.unset };
  return { code: STATUS_CODE.error, ...(message !== undefined && { message }) };
}

function spanOf({ traceID, spanID, operationName, references, startTime, duration, tags, logs }: JaegerSpan): Span {
  const parent = references.find(({ refType, traceID: id }) => refType === 'CHILD_OF' && id === traceID);
  const kind = textOf(tags, 'span.kind') ?? '';
  const traceState = textOf(tags, 'w3c.tracestate');
  const links = references.filter((reference) => reference !== parent);
  return {
    traceId: traceID.padStart(32, '0'),
    spanId: spanID.padStart(16, '0'),
    ...(parent && { parentSpanId: parent.spanID.padStart(16, '0') }),
    ...(traceState !== undefined && { traceState }),
    name: operationName,
    kind: Object.hasOwn(SPAN_KIND, kind) ? SPAN_KIND[kind as keyof typeof SPAN_KIND] : SPAN_KIND.unspecified,
    startTimeUnixNano: nanos(startTime),
    endTimeUnixNano: nanos(startTime + duration),
    attributes: attributesOf(tags.filter(({ key }) => !NO_ATTRIBUTES.has(key))),
    events: logs.map(({ timestamp, fields }) => ({
      name: textOf(fields, 'event') ?? '',
      timeUnixNano: nanos(timestamp),
      attributes: attributesOf(fields.filter(({ key }) => key !== 'event')),
    })),
    links: links.map((link) => ({
      traceId: link.traceID.padStart(32, '0'),
      spanId: link.spanID.padStart(16, '0'),
      attributes: [],
    })),
    status: statusOf(tags),
  };
}

/**
 * A trace of Jaeger's `/api/traces` as OTLP, for a Jaeger without `/api/v3`. Not in its answer, and so lost: nanoseconds, attributes of links, the
 * types in arrays.
 */
export function fromJaegerTrace({ spans, processes }: JaegerTrace): TracesData {
  return {
    resourceSpans: spans.map((span) => {
      const { serviceName = '', tags = [] } = processes[span.processID] ?? {};
      const service: KeyValue = { key: 'service.name', value: { stringValue: serviceName } };
      const version = textOf(span.tags, 'otel.scope.version', 'otel.library.version');
      const scope = {
        name: textOf(span.tags, 'otel.scope.name', 'otel.library.name') ?? '',
        ...(version !== undefined && { version }),
        attributes: [],
      };
      return {
        resource: { attributes: [service, ...attributesOf(tags)] },
        scopeSpans: [{ scope, spans: [spanOf(span)] }],
      };
    }),
  };
}
