/** What stopped because its time was over. */
export class TimeExceededError extends Error {}

/** When the time of what runs is over, as performance.now() gives it. What is bounded is synchronous, so there is one. */
let endsAt = Number.POSITIVE_INFINITY;

/** To be called in each round of a loop whose length a client decides. Throws a TimeExceededError when the time is over. */
export function checkTime(): void {
  if (performance.now() > endsAt) throw new TimeExceededError('operation cancelled: actual cost limit exceeded');
}

/**
 * Runs synchronous code that calls `checkTime`, for `timeoutMs`. Throws a TimeExceededError when it took longer, whatever else it threw or
 * returned, and else what it throws. No thread watches the time: where the machine refuses one, Node would end the process.
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
