import { setTimeout as delay } from 'node:timers/promises';

import type { FollowCluster } from './cluster.ts';
import { LiveRun } from './live-run.ts';
import type { Written } from './live-run.ts';

/** Makes `count` runs, one each `paceMs`, so that none waits for another, and gives them when all have been exported. */
export async function pacedRuns(
  cluster: FollowCluster,
  namespace: string,
  written: Written,
  { count, paceMs }: { count: number; paceMs: number },
): Promise<LiveRun[]> {
  const runs: LiveRun[] = [];
  for (let made = 0; made < count; made += 1) {
    runs.push(await LiveRun.create(cluster, namespace, written));
    await delay(paceMs);
  }
  for (const run of runs) await run.exported();
  return runs;
}
