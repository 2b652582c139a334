import { readTracestate } from './tracestate.ts';

/** A span's identity as it travels in annotations: W3C Trace Context, with tracestate and baggage where the run has them. */
export interface SpanCarrier {
  traceId: string;
  spanId: string;
  sampled: boolean;
  tracestate?: string;
  baggage?: string;
}

/** Upstream Tekton writes no annotation from 1024 bytes on (getMarshalledSpanFromContext); readers may count on it. */
const MAX_CARRIER_BYTES = 1024;
/** More is read of what others wrote: a long tracestate is cut, not refused. */
const MAX_READ_CHARS = 48 * MAX_CARRIER_BYTES;
/** W3C Baggage 3.3.2. */
const MAX_BAGGAGE_CHARS = 8192;
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

/** What a traceparent names. */
export type SpanName = Pick<SpanCarrier, 'traceId' | 'spanId' | 'sampled'>;

const FIELDS = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;

/**
 * A traceparent of any version but ff (W3C Trace Context 3.2.2.3 and 3.2.4): of version 00 it is exactly 55 characters long; of a later one the first
 * 55 are read, where nothing or a dash follows. Of the flags only `sampled` counts. Lower-case hex, ids that are not zero; anything else is undefined.
 */
export function parseTraceparent(value: unknown): SpanName | undefined {
  if (typeof value !== 'string') return undefined;
  const [, version = 'ff', traceId = '', spanId = '', flags = '', rest] = FIELDS.exec(value) ?? [];
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Of version 00, whatever version the ids were read from: the newest that is known here. */
export function formatTraceparent(carrier: SpanName): string {
  return `00-${carrier.traceId}-${carrier.spanId}-${carrier.sampled ? '01' : '00'}`;
}

function baggageOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_BAGGAGE_CHARS && PRINTABLE_ASCII.test(value)
    ? value
    : undefined;
}

function fieldsOf(annotation: unknown): Record<string, unknown> {
  if (typeof annotation !== 'string' || annotation.length > MAX_READ_CHARS) return {};
  try {
    const json: unknown = JSON.parse(annotation);
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function carrierOf({ traceparent, ...rest }: Record<string, unknown>): SpanCarrier | undefined {
  const ids = parseTraceparent(traceparent);
  if (!ids) return undefined;
  const tracestate = readTracestate(rest.tracestate);
  const baggage = baggageOf(rest.baggage);
  return { ...ids, ...(tracestate !== undefined && { tracestate }), ...(baggage !== undefined && { baggage }) };
}

/**
 * Reads a JSON carrier that somebody else wrote: an inbound parent, upstream's status. Undefined for what names no span (hostile input
 * included); bad tracestate or baggage alone is left out, a long tracestate is cut.
 */
export function parseForeignCarrier(annotation: unknown): SpanCarrier | undefined {
  return carrierOf(fieldsOf(annotation));
}

/** The same of one of our own annotations. We write version 00 and no other: whatever else is there is no context of ours. */
export function parseCarrier(annotation: unknown): SpanCarrier | undefined {
  const fields = fieldsOf(annotation);
  return typeof fields.traceparent === 'string' && fields.traceparent.startsWith('00-') ? carrierOf(fields) : undefined;
}

/** The annotation's value: JSON under 1024 bytes; where it would be longer, baggage goes first, then tracestate, member by member. */
export function formatCarrier(carrier: SpanCarrier): string {
  const traceparent = formatTraceparent(carrier);
  const { baggage } = carrier;
  const json = (tracestate: string | undefined, rest = {}): string =>
    JSON.stringify({ traceparent, tracestate, ...rest });
  const fits = (text: string): boolean => Buffer.byteLength(text) < MAX_CARRIER_BYTES;
  const whole = json(carrier.tracestate, { baggage });
  if (fits(whole)) return whole;
  let { tracestate } = carrier;
  while (tracestate !== undefined && !fits(json(tracestate)))
    tracestate = readTracestate(tracestate, tracestate.length - 1);
  return json(tracestate);
}
