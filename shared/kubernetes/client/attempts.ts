import type { TokenBucket } from '../../runtime/token-bucket.ts';
import { within } from '../../runtime/within.ts';
import { ApiError, ConnectionError } from '../errors.ts';
import { requestedResource } from '../resources.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { retryDelayMs } from './retry.ts';

/**
 * Gets a report of each HTTP request, retries included. `resource` has low cardinality (`taskruns/status`); `code` is an HTTP status, or `<error>`
 * without a response (client-go's value).
 */
export interface RequestObserver {
  /** `tookMs` until the end of the response; for a stream, until its beginning. */
  answered(method: string, resource: string, code: string, tookMs: number): void;
  /** The request will be retried after `code`. */
  retried(method: string, resource: string, code: string): void;
  /** The client's rate limit delayed the request by `waitedMs`. */
  throttled(method: string, resource: string, waitedMs: number): void;
}

export interface AttemptOptions {
  credentials: CredentialSource;
  /** Longest wait for credentials. */
  credentialsTimeoutMs: number;
  bucket: TokenBucket | undefined;
  /** Maximum number of attempts, without those after a 401. */
  attempts: number;
  /** After its abort nothing is retried. */
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

/** Calls `attempt` until it succeeds, or until its failure is final. Throws the last failure, or the signal's reason. */
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

  /** Resolves when the request may be retried; throws `error` if it may not. */
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
