import { setTimeout as delay } from 'node:timers/promises';

/** The time and a timer, replaced in tests. */
export interface Clock {
  /** Milliseconds since the epoch. A machine that was suspended has the right time at once. */
  now(): number;
  /** Milliseconds since some moment; nobody sets it, and it stands still while the machine is suspended. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's AbortError when it is aborted first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal, ref: false }),
};
