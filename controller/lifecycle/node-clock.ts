import type { ContainerState, Pod } from '../../shared/kubernetes/pod.ts';
import { completionOf } from '../../shared/tekton/conditions.ts';
import { isStepContainer } from '../../shared/tekton/containers.ts';
import { isNativeSidecar } from '../model/pod/native-sidecar.ts';
import type { Attempt } from './attempt.ts';
import { stepFate, stepsNeedPod } from './step-fate.ts';
import { SKEW_TOLERANCE_MS, epochMs } from './times.ts';

/*
 * Times of two clocks meet in a Pod: the API server, the scheduler and the controllers write theirs by the control plane's clock; the kubelet and the
 * containers by the node's. If the node's times are impossible by the control plane's, one offset is added to all of them. Example: the Pod was
 * scheduled at 12:00:10, the node got it at 12:00:02, its steps ran until 12:00:05, and the TaskRun was completed at 12:00:14.
 * - A Pod's first time is moved to its scheduling (`toFirstMs`, +8 s): a node gets a Pod within a second of it.
 * - Steps without their Pod have no such first time: pulling images may take long between the TaskRun's start and the first step. So the last step's
 *   end is moved to the TaskRun's completion (`toLastMs`, +9 s), which follows within about a second.
 */

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

/** Times by a node's clock, and the limits that they must be within, by the control plane's clock, in milliseconds since the epoch. */
interface Said {
  times: readonly (number | undefined)[];
  notBeforeMs: number;
  notAfterMs: number;
}

/** Milliseconds to add so that the first time is at its limit, or the last. Undefined if no time is beyond its limit by more than a second. */
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
 * Milliseconds to add to the times of a Pod's node: 0 unless the node got the Pod before it was scheduled, or a step ended after the TaskRun.
 */
export function podOffsetMs(pod: Pod, attempt: Attempt): number {
  const notBeforeMs = conditionMs(pod, 'PodScheduled') ?? epochMs(pod.metadata.creationTimestamp) ?? attempt.createdMs;
  const names = new Set(endedSteps(attempt).map(({ container = '' }) => container));
  const times = saidByPod(pod, names);
  const { toFirstMs = 0 } = disagreement({ times, notBeforeMs, notAfterMs: completedMs(attempt) }) ?? {};
  return Math.abs(toFirstMs) > SKEW_TOLERANCE_MS ? toFirstMs : 0;
}

/**
 * The same for the times of the attempt's steps: the Pod's offset if steps need the Pod. If the TaskRun's status has all their times, it alone decides, so
 * that the steps' spans are equal with and without the Pod.
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
