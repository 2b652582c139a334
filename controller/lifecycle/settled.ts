import type { Pod } from '../../shared/kubernetes/pod.ts';

import { isDone, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { KnownPods } from './pods.ts';
import { startMs } from './times.ts';

/** How long a finished TaskRun waits for its Pod to come to rest, and a finished run for TaskRuns that were not seen. */
const SETTLE_MS = 30_000;

const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Milliseconds until nothing is waited for any more; 0 when nobody says when the run ended. */
function leftToSettleMs(run: TaskRun | PipelineRun, nowMs: number): number {
  const endedMs =
    startMs(run.status?.completionTime) ?? startMs(succeededCondition(run)?.lastTransitionTime) ?? -Infinity;
  return Math.max(0, endedMs + SETTLE_MS - nowMs);
}

/**
 * Milliseconds until a finished run's TaskRuns are all there: 0 once each that its status names is in `seen`, or 30 s after its end. One that was
 * never seen is not gone: the watch of TaskRuns may be behind that of PipelineRuns.
 */
export function childrenSettleInMs(run: PipelineRun, seen: ReadonlySet<string>, nowMs: number): number {
  const told = (run.status?.childReferences ?? []).filter(({ kind }) => kind === 'TaskRun');
  return told.every(({ name }) => seen.has(name)) ? 0 : leftToSettleMs(run, nowMs);
}

/** The Pods of all attempts that got one. */
function podNamesOf({ status }: TaskRun): string[] {
  return [...(status?.retriesStatus ?? []), status].flatMap((attempt) => attempt?.podName || []);
}

/**
 * Milliseconds until a TaskRun's spans can't change any more: 0 once it is done and its Pods are terminal or gone, or 30 s after its end
 * whatever they do; undefined while it runs. A Pod that was never seen is not gone: the watch of Pods may be behind that of TaskRuns.
 */
export function settlesInMs(taskRun: TaskRun, { present, gone }: KnownPods, nowMs: number): number | undefined {
  if (!isDone(taskRun)) return undefined;
  const known = new Set([...present, ...gone].map((pod) => pod.metadata.name));
  if (present.every(isTerminal) && podNamesOf(taskRun).every((name) => known.has(name))) return 0;
  return leftToSettleMs(taskRun, nowMs);
}
