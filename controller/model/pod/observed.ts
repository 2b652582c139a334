import type { ContainerStatus, Pod, PodCondition } from '../../../shared/kubernetes/pod.ts';
import { isStepContainer } from '../../../shared/tekton/containers.ts';
import { isComplete } from './failure.ts';
import { waitsFor } from './waiting.ts';

/** Waiting reasons of every starting container. */
const STARTING = ['PodInitializing', 'ContainerCreating'];

const isStarting = ({ state }: ContainerStatus): boolean => STARTING.includes(state?.waiting?.reason ?? '');

function observedContainer({ name, state, lastState, ready, imageID }: ContainerStatus): unknown {
  if (isStepContainer(name)) return { name, state, imageID };
  return { name, state, lastState, ready, imageID };
}

/** Only PodScheduled shows what the Pod waits for; other conditions change during every start. */
const isScheduled = ({ type }: PodCondition): boolean => type === 'PodScheduled';

/**
 * The Pod's fields that decide a TaskRun's status: while they are equal, another reconcile would change nothing for the user. Stages of a
 * normal start are left out; the end of init containers is in the Pod's phase.
 */
export function observedOf(pod: Pod): unknown {
  const { phase = 'Pending', reason, message, initContainerStatuses, containerStatuses } = pod.status ?? {};
  return {
    uid: pod.metadata.uid,
    phase,
    reason,
    message,
    init: (initContainerStatuses ?? [])
      .filter((status) => status.state?.waiting && !isStarting(status))
      .map(({ name, state }) => ({ name, waiting: state?.waiting })),
    containers: (containerStatuses ?? []).filter((status) => !isStarting(status)).map(observedContainer),
    ...(phase === 'Pending' ? { waitsFor: waitsFor(withoutProgress(pod)) } : {}),
  };
}

function withoutProgress(pod: Pod): Pod {
  return { ...pod, status: { ...pod.status, conditions: (pod.status?.conditions ?? []).filter(isScheduled) } };
}

/** Whether the Pod has ended, so that its TaskRun needs nothing more of it. */
export function isFinished(pod: Pod): boolean {
  const steps = (pod.status?.containerStatuses ?? []).filter(({ name }) => isStepContainer(name));
  return isComplete(pod, steps);
}
