import { ApiError, ConnectionError } from '../errors.ts';

/** Longest delay of a retry. For a longer one the caller gets the error and can requeue the work. */
const MAX_RETRY_AFTER_MS = 30_000;
const CONNECTION_DELAYS_MS = [100, 1_000];
const CONNECTION_LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/**
 * Milliseconds until the retry of a request that failed `failures` times (1 or more); undefined without a retry. As in client-go: 429 or 5xx with
 * Retry-After, and a lost connection if the server can't have received the request, or if it only reads.
 */
export function retryDelayMs(
  error: unknown,
  method: string,
  failures: number,
  random: () => number,
): number | undefined {
  if (error instanceof ApiError) {
    const putOff = (error.status === 429 || error.status >= 500) && error.retryAfterMs !== undefined;
    if (!putOff || error.retryAfterMs > MAX_RETRY_AFTER_MS) return undefined;
    // Not before the given time; plus up to a fifth, so that requests refused together are not retried together.
    return error.retryAfterMs * (1 + 0.2 * random()) + 10 * random();
  }
  if (!(error instanceof ConnectionError) || (error.sent && method !== 'GET')) return undefined;
  if (!CONNECTION_LOST.has((error.cause as NodeJS.ErrnoException | undefined)?.code ?? '')) return undefined;
  const delayMs = CONNECTION_DELAYS_MS[failures - 1];
  return delayMs === undefined ? undefined : delayMs * (0.5 + random());
}
