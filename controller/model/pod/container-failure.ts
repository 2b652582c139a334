import type { ContainerStatus } from '../../../shared/kubernetes/pod.ts';
import { isSidecarContainer, isStepContainer, withoutPrefix } from '../../../shared/tekton/containers.ts';
import { RunFailure } from '../run-failure.ts';
import { isSubPathError } from './waiting.ts';

/** ErrImagePull is not among them: the kubelet tries again, and says ImagePullBackOff when that does not help. */
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

/** Why this container can't start, when waiting longer would not help; undefined otherwise. `image` is what the message names. */
export function containerFailure(taskRunName: string, status: ContainerStatus, image: string): RunFailure | undefined {
  const { waiting } = status.state ?? {};
  const reason = FAILURES.get(waiting?.reason ?? '');
  if (!reason || isSubPathError(waiting)) return undefined;
  const what = reason === 'TaskRunImagePullFailed' ? `failed to pull the image "${image}"` : 'failed to start';
  const message = `the ${describeContainer(status.name)} in TaskRun "${taskRunName}" ${what}. The pod errored with the message: "${waiting?.message ?? waiting?.reason ?? ''}."`;
  return new RunFailure(reason, message);
}
