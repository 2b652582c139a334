import { SpanKind, TraceFlags } from '@opentelemetry/api';
import type { Attributes, AttributeValue, HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { TraceState } from '@opentelemetry/core';

import { plainValue, valueText } from '../otlp/spans.ts';
import type { LocatedSpan } from '../otlp/spans.ts';
import { SPAN_KIND, STATUS_CODE } from '../otlp/types.ts';
import type {
  AnyValue,
  InstrumentationScope as OtlpScope,
  KeyValue,
  Resource as OtlpResource,
  SpanLink,
  SpanStatus as OtlpStatus,
} from '../otlp/types.ts';

const NANOS = 1_000_000_000n;

function hrTime(nanos: bigint): HrTime {
  return [Number(nanos / NANOS), Number(nanos % NANOS)];
}

/** Values that the SDK's attributes do not have (maps, bytes, lists of mixed types) become text; so do integers beyond 2^53. */
function attributeValue(value: AnyValue): AttributeValue {
  const plain = plainValue(value);
  if (typeof plain === 'string' || typeof plain === 'boolean' || typeof plain === 'number') return plain;
  const isList = Array.isArray(plain) && ['string', 'boolean', 'number'].includes(typeof plain[0]);
  if (isList && plain.every((item) => typeof item === typeof plain[0])) return plain as AttributeValue;
  return valueText(value);
}

const attributesOf = (list: KeyValue[]): Attributes =>
  Object.fromEntries(list.map(({ key, value }) => [key, attributeValue(value)]));

function contextOf(ids: { traceId: string; spanId: string; traceState?: string }): SpanContext {
  return {
    ...{ traceId: ids.traceId, spanId: ids.spanId, traceFlags: TraceFlags.SAMPLED },
    ...(ids.traceState !== undefined && { traceState: new TraceState(ids.traceState) }),
  };
}

function linkOf(link: SpanLink): Link {
  return { context: contextOf(link), attributes: attributesOf(link.attributes) };
}

/** OTLP's kinds begin with `unspecified`, the API's with `internal`. One that is unknown counts as unspecified, as protobuf has it; the SDK's exporters would throw. */
function kindOf(kind: number): SpanKind {
  return Object.values<number>(SPAN_KIND).includes(kind) ? Math.max(0, kind - SPAN_KIND.internal) : SpanKind.INTERNAL;
}

function statusOf({ code, message }: OtlpStatus): SpanStatus {
  return {
    code: Object.values<number>(STATUS_CODE).includes(code) ? code : STATUS_CODE.unset,
    ...(message !== undefined && { message }),
  };
}

const NONE: Attributes = {};
/** Thousands of spans share a resource and a scope, and exporters send one for each object that they see. */
const resources = new WeakMap<OtlpResource, { known: Attributes; resource: Resource }>();

function resourceOf(received: OtlpResource, known: Attributes): Resource {
  const made = resources.get(received);
  if (made?.known === known) return made.resource;
  const resource = resourceFromAttributes({ ...attributesOf(received.attributes), ...known });
  resources.set(received, { known, resource });
  return resource;
}

const scopes = new WeakMap<OtlpScope, ReadableSpan['instrumentationScope']>();

function scopeOf(received: OtlpScope): ReadableSpan['instrumentationScope'] {
  const { name = '', version } = received;
  const scope = scopes.get(received) ?? { name, ...(version !== undefined && { version }) };
  scopes.set(received, scope);
  return scope;
}

/**
 * A received OTLP span as a ReadableSpan for the SDK's exporters. An end before the start becomes the start.
 * @param known attributes of the resource that replace received ones
 */
export function receivedSpan({ span, resource, scope }: LocatedSpan, known = NONE): ReadableSpan {
  const start = BigInt(span.startTimeUnixNano);
  const sentEnd = BigInt(span.endTimeUnixNano);
  const end = sentEnd < start ? start : sentEnd;
  const { traceId, parentSpanId } = span;
  return {
    name: span.name,
    kind: kindOf(span.kind),
    spanContext: () => contextOf(span),
    ...(parentSpanId !== undefined && { parentSpanContext: contextOf({ traceId, spanId: parentSpanId }) }),
    startTime: hrTime(start),
    endTime: hrTime(end),
    duration: hrTime(end - start),
    ended: true,
    status: statusOf(span.status),
    attributes: attributesOf(span.attributes),
    links: span.links.map(linkOf),
    events: span.events.map((event) => ({
      name: event.name,
      time: hrTime(BigInt(event.timeUnixNano)),
      attributes: attributesOf(event.attributes),
    })),
    resource: resourceOf(resource, known),
    instrumentationScope: scopeOf(scope),
    droppedAttributesCount: span.droppedAttributesCount ?? 0,
    droppedEventsCount: span.droppedEventsCount ?? 0,
    droppedLinksCount: span.droppedLinksCount ?? 0,
  };
}
