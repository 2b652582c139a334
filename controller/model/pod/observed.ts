import type { ContainerStatus, Pod, PodCondition } from '../../../shared/kubernetes/pod.ts';
import { isStepContainer } from '../../../shared/tekton/containers.ts';
import { isComplete } from './failure.ts';
import { waitsFor } from './waiting.ts';

/** What every container says while its Pod starts. */
const STARTING = ['PodInitializing', 'ContainerCreating'];

const isStarting = ({ state }: ContainerStatus): boolean => STARTING.includes(state?.waiting?.reason ?? '');

function observedContainer({ name, state, lastState, ready, imageID }: ContainerStatus): unknown {
  if (isStepContainer(name)) return { name, state, imageID };
  return { name, state, lastState, ready, imageID };
}

/** Whether the Pod has a node says what it waits for; the other conditions follow how it starts. */
const isScheduled = ({ type }: PodCondition): boolean => type === 'PodScheduled';

/**
 * What a TaskRun's status is made from: as long as it stays the same, another reconcile finds nothing that a user waits for. How a
 * Pod starts, step by step, is no news as long as nothing keeps it from starting; an init container's end shows in the Pod's phase.
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

/** The Pod has nothing more to do for its TaskRun. */
export function isFinished(pod: Pod): boolean {
  const steps = (pod.status?.containerStatuses ?? []).filter(({ name }) => isStepContainer(name));
  return isComplete(pod, steps);
}
