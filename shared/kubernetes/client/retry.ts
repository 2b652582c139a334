import { ApiError, ConnectionError } from '../errors.ts';

/** What asks for more is handed to the caller, who can let go of the work meanwhile. */
const MAX_RETRY_AFTER_MS = 30_000;
const CONNECTION_DELAYS_MS = [100, 1_000];
const CONNECTION_LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/**
 * Milliseconds after which a request that failed `failures` times (1 or more) is sent again; undefined when it is not. As client-go: an
 * answer 429 or 5xx with Retry-After, and a connection that was lost, if the server can't have got the request or it only reads.
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
    // Never before the time; spread over a fifth more, so that those put off together don't come back together.
    return error.retryAfterMs * (1 + 0.2 * random()) + 10 * random();
  }
  if (!(error instanceof ConnectionError) || (error.sent && method !== 'GET')) return undefined;
  if (!CONNECTION_LOST.has((error.cause as NodeJS.ErrnoException | undefined)?.code ?? '')) return undefined;
  const delayMs = CONNECTION_DELAYS_MS[failures - 1];
  return delayMs === undefined ? undefined : delayMs * (0.5 + random());
}
