import { readTracestate } from './tracestate.ts';

/** A span context in annotations: W3C Trace Context, with tracestate and baggage if the run has them. */
export interface SpanCarrier {
  traceId: string;
  spanId: string;
  sampled: boolean;
  tracestate?: string;
  baggage?: string;
}

/** Upstream Tekton's limit for its annotation (getMarshalledSpanFromContext); readers may rely on it. */
const MAX_CARRIER_BYTES = 1024;
/** The limit for carriers of others: a long tracestate is cut, not refused. */
const MAX_READ_CHARS = 48 * MAX_CARRIER_BYTES;
/** W3C Baggage 3.3.2. */
const MAX_BAGGAGE_CHARS = 8192;
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

/** The content of a traceparent. */
export type SpanName = Pick<SpanCarrier, 'traceId' | 'spanId' | 'sampled'>;

const FIELDS = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/s;

/**
 * Parses a traceparent of any version but ff (W3C Trace Context 3.2.2.3 and 3.2.4). Version 00 has exactly 55 characters; of a later version the
 * first 55 are read, if nothing or a dash follows. Ids must be lower-case hex and not zero. Only the flag `sampled` is used. Else undefined.
 */
export function parseTraceparent(value: unknown): SpanName | undefined {
  if (typeof value !== 'string') return undefined;
  const [, version = 'ff', traceId = '', spanId = '', flags = '', rest] = FIELDS.exec(value) ?? [];
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** A traceparent of version 00, the newest version that is known here. */
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
 * Reads a JSON carrier that is not ours: an inbound parent, upstream's status. Undefined without a valid traceparent (hostile input
 * included). Invalid tracestate or baggage is left out, a long tracestate is cut.
 */
export function parseForeignCarrier(annotation: unknown): SpanCarrier | undefined {
  return carrierOf(fieldsOf(annotation));
}

/** Reads one of our own annotations. We write version 00 only; any other version is invalid. */
export function parseCarrier(annotation: unknown): SpanCarrier | undefined {
  const fields = fieldsOf(annotation);
  return typeof fields.traceparent === 'string' && fields.traceparent.startsWith('00-') ? carrierOf(fields) : undefined;
}

/** The annotation's value: JSON of less than 1024 bytes. If it is longer, baggage is dropped first, then tracestate, member by member. */
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
