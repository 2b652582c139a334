import type { Logger } from '../../../shared/runtime/log.ts';

const BURST_MS = 5000;

/** Logs that a webhook with failurePolicy Ignore was passed over. */
export type FailingOpen = (webhook: string, error: Error) => void;

/** A webhook that is down, or too slow, fails for every object: its first failure is logged at once, those of the next five seconds together, in one line. */
export function createFailingOpen(log: Logger): FailingOpen {
  const bursts = new Map<string, { more: number; last: string }>();
  const said = (fields: Record<string, unknown>): void => log.warn('Failed calling webhook, failing open', fields);
  return (webhook, { message }) => {
    const burst = bursts.get(webhook);
    if (burst) {
      bursts.set(webhook, { more: burst.more + 1, last: message });
      return;
    }
    said({ webhook, error: message });
    bursts.set(webhook, { more: 0, last: message });
    setTimeout(() => {
      const { more = 0, last = '' } = bursts.get(webhook) ?? {};
      bursts.delete(webhook);
      if (more > 0) said({ webhook, times: more, error: last });
    }, BURST_MS).unref();
  };
}
