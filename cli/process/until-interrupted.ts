import { setTimeout as delay } from 'node:timers/promises';

import { aborted } from '../../shared/runtime/shutdown.ts';
import type { Interrupted, Interrupts } from '../../shared/runtime/shutdown.ts';
import { signalName } from '../follow/cancel.ts';
import type { Terminal } from '../text/terminal.ts';

/** How long a first interrupt waits for a creation in progress: a created run must be cancelled, not forgotten. */
const CREATION_MS = 2000;

/** Longest time of the cleanup after a second interrupt, in milliseconds. */
const REMOVAL_MS = 5000;

/** Says that a first interrupt came before any run was created. */
export function tellNothingStarted({ first }: Interrupts, terminal: Terminal): void {
  terminal.print(terminal.red(`${signalName((first.reason as Interrupted).signal)}: no run was started`));
}

/** What `start` gives; undefined when it failed because a first interrupt came meanwhile. */
export async function unlessInterrupted<T>(
  first: AbortSignal,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await start(first);
  } catch (error) {
    if (first.aborted) return undefined;
    throw error;
  }
}

/**
 * Resolves with `work`, or on an interrupt while `work` follows no run yet, because there is no run to cancel. `work` calls its argument when it
 * follows a run; from then on it handles interrupts itself.
 */
export async function untilInterrupted(
  interrupts: Interrupts,
  terminal: Terminal,
  work: (isFollowing: () => void) => Promise<void>,
): Promise<void> {
  const { first, second } = interrupts;
  let isFollowing = false;
  const working = first.aborted ? undefined : work(() => (isFollowing = true));
  const over = aborted(first).then(async () => {
    if (working && !isFollowing) await Promise.race([working, delay(CREATION_MS), aborted(second)]);
    if (isFollowing) return working;
    tellNothingStarted(interrupts, terminal);
    return undefined;
  });
  await (working ? Promise.race([working, over]) : over);
}

/** After a second interrupt the process ends within 5 s, even if the cleanup hangs. */
export function endAfterSecond({ second }: Interrupts): void {
  const exit = (): void => {
    setTimeout(() => process.exit((second.reason as Interrupted).exitCode), REMOVAL_MS).unref();
  };
  if (second.aborted) exit();
  else second.addEventListener('abort', exit, { once: true });
}
