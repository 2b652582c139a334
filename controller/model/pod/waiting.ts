import type { ContainerStatus, Pod } from '../../../shared/kubernetes/pod.ts';
import { markRunning } from '../task-run-condition.ts';
import type { TaskRunStatus } from '../../../shared/tekton/types.ts';

const PULL_ERRORS = new Set([
  'ImagePullBackOff',
  'ImageInspectError',
  'ErrImagePull',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'InvalidImageName',
]);

/** Whether a container waits for an image that could not be pulled, by its waiting reason. */
export function isPullError(reason: string | undefined): boolean {
  return PULL_ERRORS.has(reason ?? '');
}

/** All containers, init containers first. */
export function allContainers(pod: Pod): ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function exceedsNode(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(
    ({ reason, message }) => reason === 'Unschedulable' && (message ?? '').includes('Insufficient'),
  );
}

/** Whether the container waits for a subPath's directory. The kubelet creates it later, so this error is temporary. */
export function isSubPathError(waiting: { reason?: string; message?: string } | undefined): boolean {
  return (
    waiting?.reason === 'CreateContainerConfigError' &&
    (waiting.message ?? '').includes('failed to create subPath directory')
  );
}

function waitingMessage(pod: Pod): string {
  const status = (pod.status?.containerStatuses ?? []).find(({ state }) => state?.waiting?.message);
  if (status) return `build step "${status.name}" is pending with reason "${status.state?.waiting?.message}"`;
  const condition = (pod.status?.conditions ?? []).find((each) => each.status !== 'True');
  if (condition) {
    return `pod status "${condition.type}":"${condition.status}"; message: "${condition.message ?? ''}"`;
  }
  return pod.status?.message || 'Pending';
}

/** Why a Pod does not run yet, as the reason and message of its TaskRun's condition. */
export function waitsFor(pod: Pod): { reason: string; message: string } {
  const waiting = allContainers(pod).map(({ state }) => state?.waiting);
  if (exceedsNode(pod)) {
    return { reason: 'ExceededNodeResources', message: 'TaskRun Pod exceeded available resources' };
  }
  if (waiting.some(isSubPathError)) {
    return { reason: 'Pending', message: 'Waiting for subPath directory creation to complete' };
  }
  const pulls = waiting.some((each) => isPullError(each?.reason));
  return { reason: pulls ? 'PullImageFailed' : 'Pending', message: waitingMessage(pod) };
}

/** Sets the condition of a TaskRun with an unfinished Pod: why it waits, or that it runs. */
export function markIncomplete(status: TaskRunStatus, pod: Pod, now: Date): void {
  const { phase = 'Pending' } = pod.status ?? {};
  const { reason, message } =
    phase === 'Pending'
      ? waitsFor(pod)
      : { reason: 'Running', message: 'Not all Steps in the Task have finished executing' };
  markRunning(status, reason, message, now);
}
