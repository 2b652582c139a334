import { apiPath } from './api-path.ts';
import type { Kind } from '../kinds/kind.ts';
import type { JaegerTrace, ShownSpan } from '../../peers/support/jaeger-trace.ts';
import type { FollowCluster } from './cluster.ts';
import { LiveRun } from './live-run.ts';
import { stepProblems } from './steps.ts';
import { timeProblems } from './times.ts';
import { keptElsewhere, SERVICES, splitRuns } from './upstream-spans.ts';
import { defects, lifecycleNodes, paths, treeOf } from './tree.ts';
import type { SpanNode, Tree } from './tree.ts';

/** What came back of a run, beside what it must be. */
export interface Outcome {
  live: LiveRun;
  trace: JaegerTrace;
  trees: Tree[];
  /** What makes the trace less than whole. */
  defects: string[];
  /** What kubectl and the steps' own logs show otherwise. */
  times: string[];
  steps: { read: number; problems: string[] };
  /** The ids of the traces that the root links to, and of that to which it must link if it is of a kind that does. */
  links: string[];
  linkedTrace: string | undefined;
  /** Spans of upstream's that are where none may be. */
  upstream: string[];
}

/** The spans of a name that is one of the lifecycle spans'. */
export function spansNamed({ trace }: Outcome, name: string): ShownSpan[] {
  return lifecycleNodes(trace)
    .flatMap((root) => [...paths(root)].map((path) => path.at(-1) as ShownSpan))
    .filter((span) => span.name === name);
}

const linksOfLast = (path: ShownSpan[]): string[] => path.at(-1)?.links ?? [];

/** Makes a kind's run, does to it what is done, and reads its trace when that is whole. `isUpstreamTraced`: upstream has spans of its own. */
export async function verify(
  cluster: FollowCluster,
  namespace: string,
  kind: Kind,
  isUpstreamTraced: boolean,
): Promise<Outcome> {
  for (const object of kind.beside ?? [])
    await cluster.client.request('POST', apiPath(object, namespace), { body: object });
  const { live: first, linkedTrace } = (await kind.make?.(cluster, namespace, kind.run)) ?? {
    live: await LiveRun.create(cluster, namespace, kind.run),
  };
  const live = (await kind.act?.(first)) ?? first;
  const trace = await live.trace();
  const roots = lifecycleNodes(trace);
  const family = live.family();
  // For a run that nobody told of a trace, upstream starts one, and for two of five a second one; for a child PipelineRun another. The run's links name them.
  const startedByUpstream = isUpstreamTraced && kind.setting === 'no webhook';
  const linked = startedByUpstream ? roots.flatMap((root) => [...paths(root)].flatMap(linksOfLast)) : [];
  const others = isUpstreamTraced ? await splitRuns(live) : [];
  const ofUpstream = trace.shown.filter(({ service }) => SERVICES.includes(service)).map(({ name }) => name);
  // What upstream starts by itself it starts again while its cache lacks the status, and the object keeps only the last: who asks finds that one.
  const split = startedByUpstream ? keptElsewhere(live).filter(({ traceId }) => !linked.includes(traceId)) : others;
  const steps = await Promise.all(roots.map((root: SpanNode) => stepProblems(cluster.client, root, family)));
  return {
    live,
    trace,
    trees: roots.map(treeOf),
    defects: defects(trace, startedByUpstream),
    times: roots.flatMap((root) => timeProblems(root, family)),
    steps: {
      read: steps.reduce((sum, { read }) => sum + read, 0),
      problems: steps.flatMap(({ problems }) => problems),
    },
    links: roots
      .flatMap(({ span }) => span.links)
      .filter((id) => !startedByUpstream || !others.some(({ traceId }) => traceId === id)),
    linkedTrace: linkedTrace ?? first.traceId(),
    upstream: isUpstreamTraced ? split.map(({ what, traceId }) => `${what}: ${traceId}`) : ofUpstream,
  };
}
