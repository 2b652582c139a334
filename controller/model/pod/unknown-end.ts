import type { ContainerStatus } from '../../../shared/kubernetes/pod.ts';

/**
 * Whether a container's end is unknown. When the kubelet ends a Pod, each container without an end gets this reason, lost or never started
 * (`TerminatePod` of its status manager).
 */
export function hasUnknownEnd({ state }: ContainerStatus): boolean {
  return state?.terminated?.reason === 'ContainerStatusUnknown';
}

/** Whether a container ran: else it has neither its own id nor its image's, which the kubelet writes in any case. */
export function ranOnce({ containerID, imageID, state }: ContainerStatus): boolean {
  return !state?.waiting && !(imageID === '' && !containerID);
}
