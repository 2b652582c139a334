import type { ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';

import { completionOf, isDone } from '../../shared/tekton/conditions.ts';
import { isStepContainer } from '../../shared/tekton/containers.ts';
import type { PipelineRun, TaskRun, TaskRunStatus } from '../../shared/tekton/types.ts';
import { childKey } from './ledger.ts';
import type { KnownPods } from './pods.ts';
import { creationMs } from './run-interval.ts';
import { podSays } from './step-times.ts';
import { epochMs } from './times.ts';

/** How long a finished TaskRun waits for its Pod's last state, and a finished run for TaskRuns that the watch has not brought. */
export const SETTLE_MS = 30_000;

/** Kinds of a run's children that are watched. */
const WATCHED = ['TaskRun', 'PipelineRun', 'CustomRun'];

const hasStarted = ({ state, lastState }: ContainerStatus): boolean =>
  (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined;

/** The status of the Pod's attempt; empty if there is none, so that no step needs the Pod. */
function attemptOf({ metadata }: Pod, { status }: TaskRun): TaskRunStatus {
  const all: TaskRunStatus[] = [...(status?.retriesStatus ?? []), status ?? {}];
  return all.find(({ podName }) => podName === metadata.name) ?? {};
}

/**
 * Whether a Pod's spans can't change any more: the Pod has ended; or all of its containers have started, and either all steps have ended, or the Pod is
 * being deleted and has the times that its steps need. A sidecar may still run: its span ends with the last step.
 */
function isFixed(pod: Pod, taskRun: TaskRun): boolean {
  const { metadata, spec, status } = pod;
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  const statuses = status?.containerStatuses ?? [];
  const allStarted =
    statuses.length > 0 && statuses.length >= (spec?.containers.length ?? 0) && statuses.every(hasStarted);
  const stepsEnded = statuses.every(({ name, state }) => !isStepContainer(name) || state?.terminated !== undefined);
  if (!allStarted || stepsEnded) return allStarted;
  return metadata.deletionTimestamp !== undefined && saysSteps(pod, taskRun);
}

/** Whether a Pod has the times that the steps of its attempt need. */
function saysSteps(pod: Pod, taskRun: TaskRun): boolean {
  return podSays({ status: attemptOf(pod, taskRun), createdMs: creationMs(taskRun), pod });
}

/** When a finished run is observed, in milliseconds since the epoch, by the clock of this process. */
export interface Observed {
  nowMs: number;
  /** When this process saw it first. */
  seenMs: number;
  /** When its end came. After an API server's absence that is later than the end, and the Pods come later still. Absent: the first list had it. */
  doneSeenMs?: number | undefined;
}

/** Milliseconds until the end of the wait; 0 if the run's end is unknown. The clock that wrote the end may be ahead: then it does not count. */
function leftToSettleMs(run: TaskRun | PipelineRun, { nowMs, seenMs, doneSeenMs }: Observed): number {
  const endedMs = epochMs(completionOf(run));
  return endedMs === undefined ? 0 : Math.max(0, (doneSeenMs ?? Math.min(endedMs, seenMs)) + SETTLE_MS - nowMs);
}

/**
 * Milliseconds until a finished run need not wait for its children: 0 if each child in its status is in `seen` (by `childKey`), or 30 s after its end
 * came. A child that was never observed does not count as deleted: the watch of TaskRuns may be behind that of PipelineRuns. A CustomRun that was cancelled with its run may
 * never end.
 */
export function childrenSettleInMs(run: PipelineRun, seen: ReadonlySet<string>, observed: Observed): number {
  const named = (run.status?.childReferences ?? []).filter(({ kind = '' }) => WATCHED.includes(kind));
  return named.every((child) => seen.has(childKey(child))) ? 0 : leftToSettleMs(run, observed);
}

/** Names of the Pods of all attempts. */
function podNamesOf({ status }: TaskRun): string[] {
  return [...(status?.retriesStatus ?? []), status].flatMap((attempt) => attempt?.podName || []);
}

/**
 * Milliseconds until a TaskRun's spans can't change any more. Undefined while it runs. 0 if it is done, and each Pod that its status names is deleted or
 * has final spans; or 30 s after its end came. A Pod that was never observed does not count as deleted: the watch of Pods may be behind that of TaskRuns.
 */
export function settlesInMs(taskRun: TaskRun, { present, gone }: KnownPods, observed: Observed): number | undefined {
  if (!isDone(taskRun)) return undefined;
  // A deleted Pod that does not have the times of the steps was replaced by another of its name, which the watch has not brought yet.
  const known = new Set([...present, ...gone.filter((pod) => saysSteps(pod, taskRun))].map((pod) => pod.metadata.name));
  if (present.every((pod) => isFixed(pod, taskRun)) && podNamesOf(taskRun).every((name) => known.has(name))) return 0;
  return leftToSettleMs(taskRun, observed);
}
