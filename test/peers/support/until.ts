import { setTimeout as delay } from 'node:timers/promises';

const TIMEOUT_MS = 120_000;
const POLL_MS = 100;

/** Asks `look` until it gives something, ten times a second. Throws after `timeoutMs` (two minutes), with `what` it has waited for. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = TIMEOUT_MS): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await delay(POLL_MS);
  }
}
