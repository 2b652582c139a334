/**
 * The promise's outcome, if it settles within `timeoutMs` and before `signal` aborts. Else throws an Error `<what> within <n> ms`, or the
 * signal's reason. The promise is not stopped.
 */
export async function within<T>(
  promise: Promise<T>,
  timeoutMs: number,
  what: string,
  signal: AbortSignal | undefined,
): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(new Error(`${what} within ${timeoutMs} ms`)), timeoutMs);
  const abort = (): void => over.reject(signal?.reason as Error);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, over.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
