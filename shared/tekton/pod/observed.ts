import type { ContainerStatus, Pod } from '../../kubernetes/pod.ts';
import { isStepContainer } from '../containers.ts';
import { isComplete } from './failure.ts';

function observedContainer({ name, state, lastState, ready, image, imageID }: ContainerStatus): unknown {
  if (isStepContainer(name)) return { name, state, image, imageID };
  return { name, state, lastState, ready, image, imageID };
}

/** An init container matters while it can't start; how it ended shows in the Pod's phase. */
function observedInitContainer({ name, state, image }: ContainerStatus): unknown {
  return { name, waiting: state?.waiting, image };
}

/**
 * What a TaskRun's status is made from: as long as it stays the same, another look at the Pod finds nothing new. Conditions count
 * only while the Pod waits, times of the kubelet's own do not.
 */
export function observedOf(pod: Pod): unknown {
  const { phase = 'Pending', reason, message, conditions, initContainerStatuses, containerStatuses } = pod.status ?? {};
  return {
    uid: pod.metadata.uid,
    phase,
    reason,
    message,
    init: (initContainerStatuses ?? []).map(observedInitContainer),
    containers: (containerStatuses ?? []).map(observedContainer),
    ...(phase === 'Pending'
      ? {
          waitsFor: (conditions ?? []).map(({ type, status, reason: why, message: text }) => [type, status, why, text]),
        }
      : {}),
  };
}

/** A Pod that neither a scheduler nor a kubelet has touched: whoever created it knows all it says. */
export function isUntouched({ status }: Pod): boolean {
  const { conditions = [], containerStatuses = [], initContainerStatuses = [] } = status ?? {};
  return [conditions, containerStatuses, initContainerStatuses].every((list) => list.length === 0);
}

/** The Pod has nothing more to do for its TaskRun. */
export function isFinished(pod: Pod): boolean {
  const steps = (pod.status?.containerStatuses ?? []).filter(({ name }) => isStepContainer(name));
  return isComplete(pod, steps);
}
