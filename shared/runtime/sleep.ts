import { setTimeout as delay } from 'node:timers/promises';

/** Waits `ms`. Throws the signal's reason if it aborts before. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}
