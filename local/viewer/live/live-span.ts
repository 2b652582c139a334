import type { LocatedSpan } from '../../../shared/otlp/spans.ts';
import { SPAN_KIND, STATUS_CODE } from '../../../shared/otlp/types.ts';
import { LIFECYCLE_SERVICE } from '../../../shared/tracing/resource.ts';

/** A row that API objects give before its span arrives. It is drawn, and never stored or exported. */
export interface LiveSpan extends LocatedSpan {
  /** It has not ended: its end is the time of the query. */
  isRunning: boolean;
}

export interface LiveSpanFacts {
  traceId: string;
  spanId: string;
  parentSpanId?: string | undefined;
  name: string;
  startMs: number;
  /** Undefined while it runs. */
  endMs: number | undefined;
  attributes?: Record<string, string | number | undefined>;
  /** The message of a failure. */
  error?: string | undefined;
}

const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);

/** @param nowMs milliseconds since the epoch: the end of what still runs */
export function liveSpan(facts: LiveSpanFacts, nowMs: number): LiveSpan {
  const { traceId, spanId, parentSpanId, name, startMs, attributes = {}, error } = facts;
  const endMs = Math.max(startMs, facts.endMs ?? nowMs);
  const given = Object.entries(attributes).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  return {
    isRunning: facts.endMs === undefined,
    serviceName: LIFECYCLE_SERVICE,
    resource: { attributes: [{ key: 'service.name', value: { stringValue: LIFECYCLE_SERVICE } }] },
    scope: { attributes: [] },
    span: {
      ...{ traceId, spanId, ...(parentSpanId !== undefined && { parentSpanId }), name, kind: SPAN_KIND.internal },
      ...{ startTimeUnixNano: nanos(startMs), endTimeUnixNano: nanos(endMs), events: [], links: [] },
      attributes: given.map(([key, value]) => ({
        key,
        value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
      })),
      status: error === undefined ? { code: STATUS_CODE.unset } : { code: STATUS_CODE.error, message: error },
    },
  };
}
