import type { ContainerStatus } from '../../../shared/kubernetes/pod.ts';

const UNKNOWN = 'ContainerStatusUnknown';

/**
 * Whether a container's end is unknown. When the kubelet ends a Pod, each container without an end gets this reason, lost or never started
 * (`TerminatePod` of its status manager).
 */
export function hasUnknownEnd({ state }: ContainerStatus): boolean {
  return state?.terminated?.reason === UNKNOWN;
}

/**
 * Whether a container was running, and the kubelet did not find it any more when its Pod was evicted or deleted. It then has an unknown end as its last
 * state, waits anew, and has lost its id (`convertToAPIContainerStatuses` of the kubelet).
 */
export function wasLost({ lastState }: ContainerStatus): boolean {
  return lastState?.terminated?.reason === UNKNOWN;
}

/** Whether a container ran: else it has neither its own id nor its image's, which the kubelet writes in any case, and no last state. */
export function ranOnce(status: ContainerStatus): boolean {
  const { containerID, imageID, state } = status;
  if (wasLost(status)) return true;
  return !state?.waiting && !(imageID === '' && !containerID);
}
