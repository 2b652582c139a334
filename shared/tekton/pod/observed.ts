import type { ContainerStatus, Pod } from '../../kubernetes/pod.ts';
import { isStepContainer } from '../containers.ts';
import { isComplete } from './failure.ts';
import { waitsFor } from './waiting.ts';

function observedContainer({ name, state, lastState, ready, imageID }: ContainerStatus): unknown {
  if (isStepContainer(name)) return { name, state, imageID };
  return { name, state, lastState, ready, imageID };
}

/** An init container matters when it can't start; how it ended shows in the Pod's phase. */
function observedInitContainer({ name, state }: ContainerStatus): unknown {
  const { waiting } = state ?? {};
  return waiting?.reason === 'PodInitializing' ? { name } : { name, waiting };
}

/**
 * What a TaskRun's status is made from: as long as it stays the same, another look at the Pod finds nothing new. Conditions count
 * only where they say what a Pod waits for.
 */
export function observedOf(pod: Pod): unknown {
  const { phase = 'Pending', reason, message, initContainerStatuses, containerStatuses } = pod.status ?? {};
  return {
    uid: pod.metadata.uid,
    phase,
    reason,
    message,
    init: (initContainerStatuses ?? []).map(observedInitContainer),
    containers: (containerStatuses ?? []).map(observedContainer),
    ...(phase === 'Pending' ? { waitsFor: waitsFor(pod) } : {}),
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
