import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Attributes, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import type { SpanCarrier } from './carrier.ts';
import { DEFAULT_SPAN_LIMITS, limitAttributes } from './limits.ts';
import type { SpanLimits } from './limits.ts';

export interface SpanEvent {
  name: string;
  timeMs: number;
  attributes?: Attributes;
}

export interface SpanLink {
  context: SpanCarrier;
  attributes?: Attributes;
}

/** A finished span with given ids and times (an SDK span gets them at its start). Times are in milliseconds since the epoch. */
export interface SpanRecord {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: SpanKind;
  startMs: number;
  endMs: number;
  attributes: Attributes;
  status: SpanStatus;
  events: SpanEvent[];
  links: SpanLink[];
}

const SCOPE = { name: 'tektrace' };

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  // Kubernetes' finest times are microseconds; rounding to them keeps a second export equal to the byte.
  return [seconds, Math.round((ms - seconds * 1000) * 1000) * 1000];
}

function spanContext(ids: { traceId: string; spanId: string }, isRemote = false): SpanContext {
  return { traceId: ids.traceId, spanId: ids.spanId, traceFlags: TraceFlags.SAMPLED, ...(isRemote && { isRemote }) };
}

/** Jaeger warns about a span without length (`Negative duration detected`), so the minimum is one microsecond. */
export const SHORTEST_MS = 0.001;

/** The last `count` of `items`: the SDK's rule for events and links. */
function lastOf<T>(items: T[], count: number): T[] {
  return items.slice(Math.max(0, items.length - count));
}

/**
 * The record as a ReadableSpan for the SDK's exporters. It is not made by the SDK, because a second export must have the same ids and times.
 * Values beyond `limits` are dropped and counted, as in the SDK.
 */
export function toReadableSpan(
  record: SpanRecord,
  resource: Resource,
  limits: SpanLimits = DEFAULT_SPAN_LIMITS,
): ReadableSpan {
  const startTime = hrTime(record.startMs);
  const durationMs = Math.max(SHORTEST_MS, record.endMs - record.startMs);
  const endTime = hrTime(record.startMs + durationMs);
  const { attributes, dropped } = limitAttributes(record.attributes, limits.attributes, limits.valueLength);
  const links = lastOf(record.links, limits.links).map((link): Link => {
    const own = limitAttributes(link.attributes ?? {}, limits.attributesPerLink, limits.valueLength);
    return {
      context: spanContext(link.context, true),
      ...(link.attributes && { attributes: own.attributes }),
      ...(own.dropped > 0 && { droppedAttributesCount: own.dropped }),
    };
  });
  const events = lastOf(record.events, limits.events).map((event) => {
    const own = limitAttributes(event.attributes ?? {}, limits.attributesPerEvent, limits.valueLength);
    return {
      name: event.name,
      time: hrTime(event.timeMs),
      attributes: own.attributes,
      ...(own.dropped > 0 && { droppedAttributesCount: own.dropped }),
    };
  });
  const parent = record.parentSpanId;
  return {
    name: record.name,
    kind: record.kind,
    spanContext: () => spanContext(record),
    ...(parent !== undefined && { parentSpanContext: spanContext({ traceId: record.traceId, spanId: parent }) }),
    startTime,
    endTime,
    status: record.status,
    attributes,
    links,
    events,
    duration: hrTime(durationMs),
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: dropped,
    droppedEventsCount: record.events.length - events.length,
    droppedLinksCount: record.links.length - links.length,
  };
}

export { SpanKind, SpanStatusCode };
