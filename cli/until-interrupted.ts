import { setTimeout as delay } from 'node:timers/promises';

import { aborted } from '../shared/runtime/shutdown.ts';
import type { Interrupted, Interrupts } from '../shared/runtime/shutdown.ts';
import { signalName } from './follow/cancel.ts';
import type { Terminal } from './terminal.ts';

/** How long a first interrupt lets a creation that is under way come to its end: a run that was created is cancelled, not forgotten. */
const CREATION_MS = 2000;

/** How long removing everything may take once somebody wants it to end at once. */
const REMOVAL_MS = 5000;

/**
 * Resolves with `work`, or when an interrupt comes while no run is followed yet: before that there is nothing to cancel. `work` calls what it is
 * given when it follows a run, and ends by itself from then on.
 */
export async function untilInterrupted(
  { first, second }: Interrupts,
  terminal: Terminal,
  work: (isFollowing: () => void) => Promise<void>,
): Promise<void> {
  let isFollowing = false;
  const working = first.aborted ? undefined : work(() => (isFollowing = true));
  const over = aborted(first).then(async () => {
    if (working && !isFollowing) await Promise.race([working, delay(CREATION_MS), aborted(second)]);
    if (isFollowing) return working;
    terminal.print(terminal.red(`${signalName((first.reason as Interrupted).signal)}: no run was started`));
    return undefined;
  });
  await (working ? Promise.race([working, over]) : over);
}

/** After a second interrupt the process ends within 5 s, whatever hangs while everything is removed. */
export function endAfterSecond({ second }: Interrupts): void {
  const exit = (): void => {
    setTimeout(() => process.exit((second.reason as Interrupted).exitCode), REMOVAL_MS).unref();
  };
  if (second.aborted) exit();
  else second.addEventListener('abort', exit, { once: true });
}
