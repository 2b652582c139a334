import { until } from '../../peers/support/until.ts';
import type { LeaseHistory, Tenure } from './leases.ts';
import type { TestedController } from './testbed.ts';

/** For what takes seconds on an idle machine. */
const SETTLE_MS = 300_000;

async function findHolder(holder: string, processes: TestedController[]): Promise<TestedController | undefined> {
  for (const controller of processes) {
    const lines = await controller.log();
    if (lines.some(({ message, identity }) => message === 'this process leads' && identity === holder))
      return controller;
  }
  return undefined;
}

/** The process that has the Lease in a tenure, as soon as it has logged that. Throws after five minutes. */
export function holderOf({ holder }: Tenure, processes: TestedController[]): Promise<TestedController> {
  return until(`a process to log that it is ${holder}`, () => findHolder(holder, processes), SETTLE_MS);
}

/** Which of the processes leads, as soon as one of them has the Lease: until then it may still be a former process's. Throws after five minutes. */
export function leaderOf(
  lease: LeaseHistory,
  processes: TestedController[],
): Promise<{ tenure: Tenure; controller: TestedController }> {
  return until(
    'one of the processes to lead',
    async () => {
      const tenure = lease.tenures.at(-1);
      if (tenure === undefined || tenure.releasedMs !== undefined) return undefined;
      const controller = await findHolder(tenure.holder, processes);
      return controller && { tenure, controller };
    },
    SETTLE_MS,
  );
}
