import { LruMap } from '../../shared/runtime/lru.ts';
import { TokenBucket } from '../../shared/runtime/token-bucket.ts';
import { HttpError } from './http-error.ts';

/** What the steps of one run may send, all together. */
export const STEP_LIMITS = { requestsPerSecond: 50, burst: 500, spans: 10_000, bytes: 8 * 1024 * 1024 };

/** Runs whose use is known; more than the trace store keeps traces. */
const MAX_RUNS = 1000;

interface Use {
  requests: TokenBucket;
  spans: number;
  bytes: number;
  told: boolean;
}

/** Counts what the steps of each run send, so that none fills the memory or keeps the process busy. */
export class StepLimits {
  readonly #runs = new LruMap<string, Use>(MAX_RUNS);
  readonly #nowMs: (() => number) | undefined;

  constructor(nowMs?: () => number) {
    this.#nowMs = nowMs;
  }

  /** Before a request is read. Throws HttpError 429 when they come too fast, 413 when the run's share is used up. */
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

  /** True once for each run: a refusal is worth a line in the log, thousands are not. */
  isNew(traceId: string): boolean {
    const use = this.#use(traceId);
    const { told } = use;
    use.told = true;
    return !told;
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
      told: false,
    };
    this.#runs.set(traceId, use);
    return use;
  }
}
