import { hash, randomBytes } from 'node:crypto';

/** The families of derived span ids and their keys (docs/trace.md). */
export type SpanFamily =
  | 'task'
  | 'attempt'
  | 'scheduling'
  | 'starting'
  | 'pod'
  | 'init'
  | 'step'
  | 'sidecar'
  | 'pull'
  | 'start failure'
  | 'admission'
  | 'queued'
  | 'pending'
  | 'resolve'
  | 'skipped'
  | 'custom';

const ZERO_SPAN_ID = '0'.repeat(16);

/** A source of random bytes, replaced in tests. */
export type RandomBytes = (size: number) => Buffer;

const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);

/** A call of the system's generator costs more than the rest of an id, whatever the number of bytes: so many ids share one. */
function pooledBytes(size: number): Buffer {
  if (pool.byteLength < size) pool = randomBytes(POOL_BYTES);
  const bytes = pool.subarray(0, size);
  pool = pool.subarray(size);
  return bytes;
}

function nonZeroHex(size: number, random: RandomBytes): string {
  for (;;) {
    const hex = random(size).toString('hex');
    if (/[^0]/.test(hex)) return hex;
  }
}

/** A random trace id: 32 lower-case hex digits, not all zero. */
export function newTraceId(random: RandomBytes = pooledBytes): string {
  return nonZeroHex(16, random);
}

/** A random span id: 16 lower-case hex digits, not all zero. */
export function newSpanId(random: RandomBytes = pooledBytes): string {
  return nonZeroHex(8, random);
}

/**
 * The id of a lifecycle span that is not a root: the first 8 bytes of SHA-256 over the JSON array `[traceId, family, …key]`, never zero.
 * Every process computes the same id from the run's trace id and the objects' uids: webhook, controllers, before and after a restart.
 */
export function deriveSpanId(traceId: string, family: SpanFamily, ...key: (string | number)[]): string {
  const digest = hash('sha256', JSON.stringify([traceId, family, ...key])).slice(0, 16);
  return digest === ZERO_SPAN_ID ? `${ZERO_SPAN_ID.slice(1)}1` : digest;
}
