import type { ContainerStatus } from '../../../shared/kubernetes/pod.ts';
import { isSidecarContainer, isStepContainer, withoutPrefix } from '../../../shared/tekton/containers.ts';
import { RunFailure } from '../run-failure.ts';
import { isSubPathError } from './waiting.ts';

/** Without ErrImagePull, because the kubelet retries, and reports ImagePullBackOff later. */
const FAILURES = new Map([
  ['ImagePullBackOff', 'TaskRunImagePullFailed'],
  ['ErrImageNeverPull', 'TaskRunImagePullFailed'],
  ['InvalidImageName', 'TaskRunImagePullFailed'],
  ['CreateContainerConfigError', 'CreateContainerConfigError'],
  ['CreateContainerError', 'PodCreationFailed'],
]);

function describeContainer(name: string): string {
  if (isStepContainer(name)) return `step "${withoutPrefix(name)}"`;
  if (isSidecarContainer(name)) return `sidecar "${withoutPrefix(name)}"`;
  return `container "${name}"`;
}

/** The reason if this container can't start, and waiting does not help; else undefined. `image` is for the message. */
export function containerFailure(taskRunName: string, status: ContainerStatus, image: string): RunFailure | undefined {
  const { waiting } = status.state ?? {};
  const reason = FAILURES.get(waiting?.reason ?? '');
  if (!reason || isSubPathError(waiting)) return undefined;
  const what = reason === 'TaskRunImagePullFailed' ? `failed to pull the image "${image}"` : 'failed to start';
  const message = `the ${describeContainer(status.name)} in TaskRun "${taskRunName}" ${what}. The pod errored with the message: "${waiting?.message ?? waiting?.reason ?? ''}."`;
  return new RunFailure(reason, message);
}
