import { LruMap } from '../../../shared/runtime/lru.ts';
import { TokenBucket } from '../../../shared/runtime/token-bucket.ts';
import { HttpError } from '../api/http-error.ts';

/** Limits of all steps of one run together. */
export const STEP_LIMITS = { requestsPerSecond: 50, burst: 500, spans: 10_000, bytes: 8 * 1024 * 1024 };

/** The number of runs that are counted: more than the trace store keeps. */
const MAX_RUNS = 1000;

interface Use {
  requests: TokenBucket;
  spans: number;
  bytes: number;
  warned: boolean;
}

/** Counts the exports of each run's steps, so that none fills the memory or the CPU. */
export class StepLimits {
  readonly #runs = new LruMap<string, Use>(MAX_RUNS);
  readonly #nowMs: (() => number) | undefined;

  constructor(nowMs?: () => number) {
    this.#nowMs = nowMs;
  }

  /** Call it before reading a request. Throws HttpError 429 for too many requests, 413 when the run's limit is reached. */
  admit(traceId: string): void {
    const use = this.#use(traceId);
    if (!use.requests.tryTake())
      throw new HttpError(429, `more than ${STEP_LIMITS.requestsPerSecond} requests a second`, { 'Retry-After': '1' });
    if (use.spans >= STEP_LIMITS.spans || use.bytes >= STEP_LIMITS.bytes) throw new HttpError(413, this.full);
  }

  /** Counts the bytes of a request, OTLP or not. */
  countBytes(traceId: string, bytes: number): void {
    this.#use(traceId).bytes += bytes;
  }

  /** Takes `count` spans of a request, all or none. */
  takeSpans(traceId: string, count: number): boolean {
    const use = this.#use(traceId);
    if (use.spans + count > STEP_LIMITS.spans) return false;
    use.spans += count;
    return true;
  }

  /** True once per run: only its first refusal is logged. */
  isNew(traceId: string): boolean {
    const use = this.#use(traceId);
    const { warned } = use;
    use.warned = true;
    return !warned;
  }

  readonly full = `the steps of a run may send ${STEP_LIMITS.spans} spans and ${STEP_LIMITS.bytes / 1024 / 1024} MiB`;

  #use(traceId: string): Use {
    const { requestsPerSecond: perSecond, burst } = STEP_LIMITS;
    const known = this.#runs.get(traceId);
    if (known) return known;
    const nowMs = this.#nowMs;
    const use = {
      requests: new TokenBucket({ perSecond, burst, ...(nowMs && { nowMs }) }),
      spans: 0,
      bytes: 0,
      warned: false,
    };
    this.#runs.set(traceId, use);
    return use;
  }
}
