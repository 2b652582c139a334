import { upstreamSpan } from '../../../controller/lifecycle/upstream-trace.ts';
import { runSpan } from '../../../shared/tracing/run-context.ts';
import { until } from '../../peers/support/until.ts';
import type { FollowCluster } from './cluster.ts';
import type { LiveRun, Run } from './live-run.ts';

/** The services under which upstream's reconciles are. */
export const SERVICES = ['pipelinerun-reconciler', 'taskrun-reconciler'];
/** Upstream sends its spans every five seconds, if it can. */
const SENT_WITHIN_MS = 90_000;

/** The ids of the traces in which upstream has spans of an object. */
async function tracesOf({ jaeger }: FollowCluster, { kind = '', metadata }: Run): Promise<string[]> {
  const tags = JSON.stringify({ [kind.toLowerCase()]: metadata.name, namespace: metadata.namespace });
  const ids = SERVICES.map(async (service) => {
    const query = new URLSearchParams({ service, tags, limit: '20', lookback: '2h' });
    const response = await fetch(`${jaeger.queryUrl}/api/traces?${query.toString()}`);
    return ((await response.json()) as { data: { traceID: string }[] }).data.map(({ traceID }) => traceID);
  });
  return [...new Set((await Promise.all(ids)).flat())];
}

/** A run with spans of upstream's in a trace that is not its own. */
export interface Split {
  what: string;
  traceId: string;
}

/**
 * Which runs, of a run and all that came of it, have spans of upstream's in another trace than the run's own: none, unless the trace is split. Throws when
 * upstream sent no span of one.
 */
export async function splitRuns(live: LiveRun): Promise<Split[]> {
  const { pipelineRuns, taskRuns } = live.family();
  const { traceId = '' } = runSpan(live.now()) ?? {};
  const found: Split[] = [];
  for (const run of [...pipelineRuns, ...taskRuns]) {
    const what = `${run.kind} ${run.metadata.name}`;
    const look = async (): Promise<string[] | undefined> => {
      const ids = await tracesOf(live.cluster, run);
      return ids.length > 0 ? ids : undefined;
    };
    const ids = await until(`spans of upstream’s of ${what}`, look, SENT_WITHIN_MS);
    found.push(...ids.filter((id) => id !== traceId).map((id) => ({ what, traceId: id })));
  }
  return found;
}

/** The runs, of a run and all that came of it, whose status says in the end that upstream's reconciles are in another trace than the run's own. */
export function keptElsewhere(live: LiveRun): Split[] {
  const { pipelineRuns, taskRuns } = live.family();
  const { traceId: own } = runSpan(live.now()) ?? {};
  return [...pipelineRuns, ...taskRuns].flatMap((run) => {
    const { traceId } = upstreamSpan(run) ?? {};
    return traceId === undefined || traceId === own ? [] : [{ what: `${run.kind} ${run.metadata.name}`, traceId }];
  });
}
