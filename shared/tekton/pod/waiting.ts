import type { ContainerStatus, Pod } from '../../kubernetes/pod.ts';
import type { TaskRunStatus } from '../types.ts';
import { markRunning } from '../task-run-condition.ts';

const PULL_ERRORS = new Set([
  'ImagePullBackOff',
  'ImageInspectError',
  'ErrImagePull',
  'ErrImageNeverPull',
  'RegistryUnavailable',
  'InvalidImageName',
]);

/** All containers, init containers first. */
export function allContainers(pod: Pod): ContainerStatus[] {
  return [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
}

function exceedsNode(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(
    ({ reason, message }) => reason === 'Unschedulable' && (message ?? '').includes('Insufficient'),
  );
}

/** The kubelet creates the directory of a subPath in time: this error mends itself. */
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

/** Sets the condition of a TaskRun whose Pod still works: what it waits for, or that it runs. */
export function markIncomplete(status: TaskRunStatus, pod: Pod, now: Date): void {
  const { phase = 'Pending' } = pod.status ?? {};
  const waiting = allContainers(pod).map(({ state }) => state?.waiting);
  if (phase !== 'Pending') {
    markRunning(status, 'Running', 'Not all Steps in the Task have finished executing', now);
  } else if (exceedsNode(pod)) {
    markRunning(status, 'ExceededNodeResources', 'TaskRun Pod exceeded available resources', now);
  } else if (waiting.some(isSubPathError)) {
    markRunning(status, 'Pending', 'Waiting for subPath directory creation to complete', now);
  } else if (waiting.some((each) => PULL_ERRORS.has(each?.reason ?? ''))) {
    markRunning(status, 'PullImageFailed', waitingMessage(pod), now);
  } else {
    markRunning(status, 'Pending', waitingMessage(pod), now);
  }
}
