import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '../../shared/runtime/log.ts';

const RETRY_MS = 200;

/** Calls `attempt` until it succeeds, or `signal` aborts. Never rejects. `what` is the message for the log. */
export type Retry = (what: string, log: Logger, signal: AbortSignal, attempt: () => Promise<unknown>) => Promise<void>;

const pause = (signal: AbortSignal): Promise<void> => delay(RETRY_MS, undefined, { signal }).catch(() => undefined);

/**
 * For the requests of a node. If the machine lacks something, many fail repeatedly: only the first failure is a warning, until no request
 * is being retried. The others are logged at level debug.
 */
export function createRetry(wait: (signal: AbortSignal) => Promise<void> = pause): Retry {
  let failing = 0;
  return async (what, log, signal, attempt) => {
    let failed = false;
    while (!signal.aborted) {
      try {
        await attempt();
        break;
      } catch (error) {
        if (signal.aborted) break;
        if (failing === 0) log.warn(`${what}, trying again`, { error });
        else log.debug(`${what}, trying again`, { error });
        if (!failed) failing += 1;
        failed = true;
        await wait(signal);
      }
    }
    if (failed) failing -= 1;
  };
}
