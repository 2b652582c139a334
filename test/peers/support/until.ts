import { setTimeout as delay } from 'node:timers/promises';

const TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/** Asks `look` until it gives something, ten times a second. Throws after two minutes, with `what` it has waited for. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${TIMEOUT_MS / 1000} s for ${what}`);
    await delay(POLL_MS);
  }
}
