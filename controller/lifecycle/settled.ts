import type { Pod } from '../../shared/kubernetes/pod.ts';

import { isDone } from '../../shared/tekton/conditions.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import type { KnownPods } from './pods.ts';
import { startMs } from './times.ts';

/** How long a finished TaskRun waits for its Pod to come to rest. */
const SETTLE_MS = 30_000;

const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

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
  const completed = startMs(taskRun.status?.completionTime) ?? nowMs;
  return Math.max(0, completed + SETTLE_MS - nowMs);
}
