import type { ContainerState, Pod } from '../../shared/kubernetes/pod.ts';
import { completionOf } from '../../shared/tekton/conditions.ts';
import { isStepContainer } from '../../shared/tekton/containers.ts';
import { isNativeSidecar } from '../model/pod/native-sidecar.ts';
import type { Attempt } from './attempt.ts';
import { stepFate, stepsNeedPod } from './step-fate.ts';
import { SKEW_TOLERANCE_MS, epochMs } from './times.ts';

/** The time of a Pod's condition by the control plane's clock, in milliseconds since the epoch; undefined while the condition is not True. */
export function conditionMs(pod: Pod, type: string): number | undefined {
  const condition = pod.status?.conditions?.find((one) => one.type === type && one.status === 'True');
  return epochMs(condition?.lastTransitionTime);
}

/** When the last init container had ended, epoch milliseconds by the node's clock; undefined when none has. */
export function initialisedMs(pod: Pod): number | undefined {
  const inits = (pod.status?.initContainerStatuses ?? []).filter((status) => !isNativeSidecar(pod, status));
  const ends = inits.map(({ state }) => epochMs(state?.terminated?.finishedAt)).filter((ms) => ms !== undefined);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** Times of a node's clock, with their limits by the control plane's clock, in milliseconds since the epoch. */
interface Said {
  times: readonly (number | undefined)[];
  notBeforeMs: number;
  notAfterMs: number;
}

/** Milliseconds to add so that the first time, or the last time, is at its limit. Undefined if all times are within the limits, with a second's tolerance. */
function disagreement({ times, notBeforeMs, notAfterMs }: Said): { toFirstMs: number; toLastMs: number } | undefined {
  const known = times.filter((time) => time !== undefined);
  const toFirstMs = notBeforeMs - Math.min(...known);
  const toLastMs = notAfterMs - Math.max(...known);
  return toFirstMs > SKEW_TOLERANCE_MS || toLastMs < -SKEW_TOLERANCE_MS ? { toFirstMs, toLastMs } : undefined;
}

const startedMs = ({ running, terminated }: ContainerState = {}): number | undefined =>
  epochMs(running?.startedAt ?? terminated?.startedAt);

/** A Pod's times of its node's clock, without those that may be after the TaskRun's end: of stopped sidecars and stopped steps. */
function saidByPod({ status }: Pod, endedSteps: ReadonlySet<string>): (number | undefined)[] {
  const { initContainerStatuses = [], containerStatuses = [], startTime } = status ?? {};
  const steps = containerStatuses.filter(({ name }) => isStepContainer(name));
  const starts = [...initContainerStatuses, ...steps].map(({ state }) => startedMs(state));
  const ended = steps.filter(({ name }) => endedSteps.has(name));
  return [epochMs(startTime), ...starts, ...ended.map(({ state }) => epochMs(state?.terminated?.finishedAt))];
}

const completedMs = ({ status, endMs }: Attempt): number => epochMs(completionOf({ status })) ?? endMs;

function endedSteps({ status, createdMs }: Attempt): NonNullable<Attempt['status']['steps']> {
  return (status.steps ?? []).filter((step) => stepFate(step, status, createdMs) === 'ended');
}

/**
 * Milliseconds to add to the times of a Pod's node if they are impossible by the control plane's clock: the node got the Pod before it was scheduled,
 * or the steps ended after the TaskRun. A node gets a Pod within a second of its scheduling, so both count as the same time.
 */
export function podOffsetMs(pod: Pod, attempt: Attempt): number {
  const notBeforeMs = conditionMs(pod, 'PodScheduled') ?? epochMs(pod.metadata.creationTimestamp) ?? attempt.createdMs;
  const names = new Set(endedSteps(attempt).map(({ container = '' }) => container));
  const times = saidByPod(pod, names);
  const { toFirstMs = 0 } = disagreement({ times, notBeforeMs, notAfterMs: completedMs(attempt) }) ?? {};
  return Math.abs(toFirstMs) > SKEW_TOLERANCE_MS ? toFirstMs : 0;
}

/**
 * The same for the times of the attempt's steps. If the TaskRun's status has them all, it alone decides, so that the steps' spans are equal with and
 * without the Pod. Then the last step's end counts as the completion, which follows within about a second.
 */
export function nodeOffsetMs(attempt: Attempt): number {
  const { status, createdMs, pod } = attempt;
  if (pod && stepsNeedPod(status, createdMs)) return podOffsetMs(pod, attempt);
  const times = endedSteps(attempt).flatMap(({ terminated }) => [
    epochMs(terminated?.startedAt),
    epochMs(terminated?.finishedAt),
  ]);
  const notBeforeMs = epochMs(status.startTime) ?? createdMs;
  return disagreement({ times, notBeforeMs, notAfterMs: completedMs(attempt) })?.toLastMs ?? 0;
}
