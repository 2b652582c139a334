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

/** A finished span whose identity and times are known beforehand (SDK spans get theirs when they are started). Times in epoch milliseconds. */
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
  // Microseconds are the finest that Kubernetes writes; rounding there keeps a re-export equal to the byte.
  return [seconds, Math.round((ms - seconds * 1000) * 1000) * 1000];
}

function spanContext(ids: { traceId: string; spanId: string }, isRemote = false): SpanContext {
  return { traceId: ids.traceId, spanId: ids.spanId, traceFlags: TraceFlags.SAMPLED, ...(isRemote && { isRemote }) };
}

/** Jaeger warns of a span without length (`Negative duration detected`): one microsecond is the shortest. */
export const SHORTEST_MS = 0.001;

/** The last `count` of `items`, as the SDK keeps events and links. */
function lastOf<T>(items: T[], count: number): T[] {
  return items.slice(Math.max(0, items.length - count));
}

/**
 * The record in the shape the SDK's exporters take. Built by hand, because a re-export must have the same ids and times (nothing of it is random).
 * What exceeds `limits` is left out, and counted, as the SDK does it.
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
