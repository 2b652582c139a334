import type { ContainerState, Pod } from '../../shared/kubernetes/pod.ts';
import { isStepContainer } from '../../shared/tekton/containers.ts';
import { isNativeSidecar } from '../model/pod/native-sidecar.ts';
import type { Attempt } from './attempt.ts';
import { stepFate, stepsNeedPod } from './step-fate.ts';
import { SKEW_TOLERANCE_MS, startMs } from './times.ts';

/** The time of a Pod's condition, epoch milliseconds by the control plane's clock; undefined while the condition is not True. */
export function conditionMs(pod: Pod, type: string): number | undefined {
  const condition = pod.status?.conditions?.find((one) => one.type === type && one.status === 'True');
  return startMs(condition?.lastTransitionTime);
}

/** When the last init container had ended, epoch milliseconds by the node's clock; undefined when none has. */
export function initialisedMs(pod: Pod): number | undefined {
  const inits = (pod.status?.initContainerStatuses ?? []).filter((status) => !isNativeSidecar(pod, status));
  const ends = inits.map(({ state }) => startMs(state?.terminated?.finishedAt)).filter((ms) => ms !== undefined);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** Times by a node's clock: none must be before, or after, one by the control plane's. */
interface Said {
  times: readonly (number | undefined)[];
  notBeforeMs: number;
  notAfterMs: number;
}

/** By how many milliseconds what is said has to be later, or earlier, to agree; undefined where it does, or misses by no more than a second. */
function disagreement({ times, notBeforeMs, notAfterMs }: Said): { toFirstMs: number; toLastMs: number } | undefined {
  const known = times.filter((time) => time !== undefined);
  const toFirstMs = notBeforeMs - Math.min(...known);
  const toLastMs = notAfterMs - Math.max(...known);
  return toFirstMs > SKEW_TOLERANCE_MS || toLastMs < -SKEW_TOLERANCE_MS ? { toFirstMs, toLastMs } : undefined;
}

const startedMs = ({ running, terminated }: ContainerState = {}): number | undefined =>
  startMs(running?.startedAt ?? terminated?.startedAt);

/** What a Pod says by its node's clock, without what may come after the TaskRun's end: a sidecar that is stopped, and steps that are. */
function saidByPod({ status }: Pod, endedSteps: ReadonlySet<string>): (number | undefined)[] {
  const { initContainerStatuses = [], containerStatuses = [], startTime } = status ?? {};
  const steps = containerStatuses.filter(({ name }) => isStepContainer(name));
  const starts = [...initContainerStatuses, ...steps].map(({ state }) => startedMs(state));
  const ended = steps.filter(({ name }) => endedSteps.has(name));
  return [startMs(startTime), ...starts, ...ended.map(({ state }) => startMs(state?.terminated?.finishedAt))];
}

const completedMs = ({ status, endMs }: Attempt): number => startMs(status.completionTime) ?? endMs;

function endedSteps({ status, createdMs }: Attempt): NonNullable<Attempt['status']['steps']> {
  return (status.steps ?? []).filter((step) => stepFate(step, status, createdMs) === 'ended');
}

/**
 * Milliseconds to add to the times of a Pod's node where they can't be right by the control plane's clock: its steps ended before the TaskRun was
 * completed, and it took the Pod after that was scheduled. It does so within a second; so the two are taken to be the same moment.
 */
export function podOffsetMs(pod: Pod, attempt: Attempt): number {
  const notBeforeMs = conditionMs(pod, 'PodScheduled') ?? startMs(pod.metadata.creationTimestamp) ?? attempt.createdMs;
  const names = new Set(endedSteps(attempt).map(({ container = '' }) => container));
  const times = saidByPod(pod, names);
  const { toFirstMs = 0 } = disagreement({ times, notBeforeMs, notAfterMs: completedMs(attempt) }) ?? {};
  return Math.abs(toFirstMs) > SKEW_TOLERANCE_MS ? toFirstMs : 0;
}

/**
 * The same for the times of the attempt's steps. Where the TaskRun's status has them all, it alone decides, so that the steps' spans are the same
 * with and without the Pod: the last step's end is then taken to be the completion, which follows within a second or so.
 */
export function nodeOffsetMs(attempt: Attempt): number {
  const { status, createdMs, pod } = attempt;
  if (pod && stepsNeedPod(status, createdMs)) return podOffsetMs(pod, attempt);
  const times = endedSteps(attempt).flatMap(({ terminated }) => [
    startMs(terminated?.startedAt),
    startMs(terminated?.finishedAt),
  ]);
  const notBeforeMs = startMs(status.startTime) ?? createdMs;
  return disagreement({ times, notBeforeMs, notAfterMs: completedMs(attempt) })?.toLastMs ?? 0;
}
