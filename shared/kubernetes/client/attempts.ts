import type { TokenBucket } from '../../runtime/token-bucket.ts';
import { within } from '../../runtime/within.ts';
import { ApiError, ConnectionError } from '../errors.ts';
import { requestedResource } from '../resources.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { retryDelayMs } from './retry.ts';

/**
 * Told of every HTTP request, repeats included. `resource` is low in cardinality (`taskruns/status`), `code` an HTTP status, or `<error>`
 * without an answer (client-go's word).
 */
export interface RequestObserver {
  /** `tookMs` to the end of the answer; of a stream, to its beginning. */
  answered(method: string, resource: string, code: string, tookMs: number): void;
  /** About to be sent again after `code`. */
  retried(method: string, resource: string, code: string): void;
  /** Let through by the client's own rate limit after `waitedMs`. */
  throttled(method: string, resource: string, waitedMs: number): void;
}

export interface AttemptOptions {
  credentials: CredentialSource;
  /** How long credentials may take to come. */
  credentialsTimeoutMs: number;
  bucket: TokenBucket | undefined;
  /** How often a request is sent in all, but for a 401. */
  attempts: number;
  /** From its abort on nothing is sent again. */
  stopping: AbortSignal | undefined;
  observer: RequestObserver | undefined;
  random: () => number;
  nowMs: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface RequestToAttempt {
  method: string;
  path: string;
  signal: AbortSignal | undefined;
}

export interface Answer<T> {
  status: number;
  value: T;
}

/** Sends a request with `attempt` until it is answered, or what it failed with is not to be tried again. Throws the last failure, or the signal's reason. */
export type UntilAnswered = <T>(
  request: RequestToAttempt,
  attempt: (used: Credentials) => Promise<Answer<T>>,
) => Promise<T>;

export function createAttempts(options: AttemptOptions): UntilAnswered {
  const { credentials, credentialsTimeoutMs, bucket, attempts, stopping, observer, random, nowMs, sleep } = options;

  async function throttle(method: string, resource: string, signal: AbortSignal | undefined): Promise<void> {
    if (!bucket) return;
    const waitMs = bucket.reserve();
    try {
      if (waitMs > 0) await sleep(waitMs, signal);
    } catch (error) {
      bucket.giveBack();
      throw error;
    }
    observer?.throttled(method, resource, waitMs);
  }

  async function currentCredentials({ method, path, signal }: RequestToAttempt): Promise<Credentials> {
    const current = credentials.current();
    if (!(current instanceof Promise)) return current;
    try {
      return await within(current, credentialsTimeoutMs, 'no credentials came', signal);
    } catch (error) {
      throw signal?.aborted ? signal.reason : new ConnectionError(`${method} ${path}`, error, false);
    }
  }

  /** Resolves when the request may be sent again; throws `error` when it may not. */
  async function beforeRetry(
    error: unknown,
    failures: number,
    used: Credentials,
    { method, signal }: RequestToAttempt,
  ): Promise<void> {
    if (stopping?.aborted) throw error;
    if (error instanceof ApiError && error.status === 401) {
      const others = within(credentials.refused(used), credentialsTimeoutMs, 'no credentials came', signal);
      const mended = await others.catch(() => false);
      signal?.throwIfAborted();
      if (!mended) throw error;
      return;
    }
    const delayMs = failures < attempts ? retryDelayMs(error, method, failures, random) : undefined;
    if (delayMs === undefined) throw error;
    const ends = [signal, stopping].filter((each) => each !== undefined);
    await sleep(delayMs, AbortSignal.any(ends)).catch(() => {
      signal?.throwIfAborted();
      throw error;
    });
  }

  return async (request, attempt) => {
    const { method, path, signal } = request;
    const resource = requestedResource(path) ?? 'other';
    let refused = 0;
    for (let failures = 0; ;) {
      signal?.throwIfAborted();
      await throttle(method, resource, signal);
      const used = await currentCredentials(request);
      const startedMs = nowMs();
      const answered = (code: string): void => observer?.answered(method, resource, code, nowMs() - startedMs);
      try {
        const { status, value } = await attempt(used);
        answered(String(status));
        return value;
      } catch (error) {
        const code = error instanceof ApiError ? String(error.status) : '<error>';
        answered(code);
        if (signal?.aborted) throw signal.reason;
        if (code === '401') refused += 1;
        else failures += 1;
        if (refused > 1) throw error;
        await beforeRetry(error, failures, used, request);
        observer?.retried(method, resource, code);
      }
    }
  };
}
