import { summarizeRun } from '../../local/viewer/summary/summary.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { readLastLines } from '../follow/last-lines.ts';
import { MAX_QUOTED } from '../follow/show-end.ts';
import { waterfallOf } from '../waterfall/waterfall-of.ts';

/** A node that does not answer must not keep the trace from being drawn. */
const MAX_WAIT_MS = 5000;

/** The last lines of the logs of a trace's first failures, by the id of the row, as far as the Pods are there and may be read. */
export async function readLogTails(client: KubeClient, trace: TracesData): Promise<Map<string, string[]>> {
  const { failures } = summarizeRun(waterfallOf(trace));
  const signal = AbortSignal.timeout(MAX_WAIT_MS);
  const tails = failures.slice(0, MAX_QUOTED).map(async ({ rowId, log }): Promise<[string, string[]]> => {
    if (!log) return [rowId, []];
    return [rowId, await readLastLines(client, log, signal).catch(() => [])];
  });
  return new Map(await Promise.all(tails));
}
