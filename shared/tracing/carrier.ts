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
/** W3C Trace Context 3.3.1.5 and W3C Baggage 3.3.2. */
const MAX_TRACESTATE_CHARS = 512;
const MAX_BAGGAGE_CHARS = 8192;
const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

/** Strict: version 00, lower-case hex, non-zero ids, exactly 55 characters; anything else is undefined. */
export function parseTraceparent(value: unknown): { traceId: string; spanId: string; sampled: boolean } | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(value);
  const [, traceId = '', spanId = '', flags = ''] = match ?? [];
  if (!match || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent(carrier: Pick<SpanCarrier, 'traceId' | 'spanId' | 'sampled'>): string {
  return `00-${carrier.traceId}-${carrier.spanId}-${carrier.sampled ? '01' : '00'}`;
}

function text(value: unknown, maxChars: number): string | undefined {
  return typeof value === 'string' && value.length <= maxChars && PRINTABLE_ASCII.test(value) ? value : undefined;
}

/** Reads an annotation's JSON carrier. Undefined for whatever is not exactly one (hostile input included); bad tracestate or baggage alone is left out. */
export function parseCarrier(annotation: unknown): SpanCarrier | undefined {
  if (typeof annotation !== 'string' || annotation.length > 16 * MAX_CARRIER_BYTES) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(annotation);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const fields = json as Record<string, unknown>;
  const ids = parseTraceparent(fields.traceparent);
  if (!ids) return undefined;
  const tracestate = text(fields.tracestate, MAX_TRACESTATE_CHARS);
  const baggage = text(fields.baggage, MAX_BAGGAGE_CHARS);
  return { ...ids, ...(tracestate !== undefined && { tracestate }), ...(baggage !== undefined && { baggage }) };
}

/** The annotation's value: JSON under 1024 bytes; where it would be longer, baggage goes first, then tracestate. */
export function formatCarrier(carrier: SpanCarrier): string {
  const traceparent = formatTraceparent(carrier);
  const { tracestate, baggage } = carrier;
  const candidates = [{ traceparent, tracestate, baggage }, { traceparent, tracestate }, { traceparent }];
  const json = candidates
    .map((candidate) => JSON.stringify(candidate))
    .find((value) => Buffer.byteLength(value) < MAX_CARRIER_BYTES);
  return json ?? JSON.stringify({ traceparent });
}
