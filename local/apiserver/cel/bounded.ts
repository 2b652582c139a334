/** The time limit was exceeded. */
export class TimeExceededError extends Error {}

/** When the running code's time is over (performance.now()). The code is synchronous, so one value is enough. */
let endsAt = Number.POSITIVE_INFINITY;

/** Call it in each round of a loop whose length a client decides. Throws a TimeExceededError when the time is over. */
export function checkTime(): void {
  if (performance.now() > endsAt) throw new TimeExceededError('operation cancelled: actual cost limit exceeded');
}

/**
 * Runs synchronous code that calls `checkTime`, for `timeoutMs`. Throws a TimeExceededError if it took longer, else what `code` throws. No
 * thread watches the time: Node ends the process if a thread is refused.
 */
export function withinTime<T>(timeoutMs: number, code: () => T): T {
  const outerEndsAt = endsAt;
  endsAt = Math.min(outerEndsAt, performance.now() + timeoutMs);
  try {
    const value = code();
    checkTime();
    return value;
  } catch (error: unknown) {
    checkTime();
    throw error;
  } finally {
    endsAt = outerEndsAt;
  }
}
