import type { ContainerStatus, Pod } from '../../shared/kubernetes/pod.ts';
import { RunFailure } from '../../shared/tekton/run-failure.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { isSidecarContainer, isStepContainer, withoutPrefix } from '../../shared/tekton/containers.ts';
import { allContainers, isSubPathError } from './status/waiting.ts';

/** ErrImagePull is not among them: the kubelet tries again, and says ImagePullBackOff when that does not help. */
const FAILURES = new Map([
  ['ImagePullBackOff', 'TaskRunImagePullFailed'],
  ['ErrImageNeverPull', 'TaskRunImagePullFailed'],
  ['InvalidImageName', 'TaskRunImagePullFailed'],
  ['CreateContainerConfigError', 'CreateContainerConfigError'],
  ['CreateContainerError', 'PodCreationFailed'],
]);

const describeContainer = traced('describeContainer', (name: string): string => {
  if (isStepContainer(name)) return `step "${withoutPrefix(name)}"`;
  if (isSidecarContainer(name)) return `sidecar "${withoutPrefix(name)}"`;
  return `container "${name}"`;
});

const containerFailure = traced(
  'containerFailure',
  (taskRunName: string, status: ContainerStatus, image: string): RunFailure | undefined => {
    const { waiting } = status.state ?? {};
    const reason = FAILURES.get(waiting?.reason ?? '');
    if (!reason || isSubPathError(waiting)) return undefined;
    const what = reason === 'TaskRunImagePullFailed' ? `failed to pull the image "${image}"` : 'failed to start';
    const message = `the ${describeContainer(status.name)} in TaskRun "${taskRunName}" ${what}. The pod errored with the message: "${waiting?.message ?? waiting?.reason ?? ''}."`;
    return new RunFailure(reason, message);
  },
);

/** Why a container of the Pod can't start, when waiting longer would not help; undefined otherwise. */
export const checkPodFailed = traced(
  'checkPodFailed',
  (taskRunName: string, pod: Pod | undefined): RunFailure | undefined => {
    if (!pod) return undefined;
    const specs = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    for (const status of allContainers(pod)) {
      const image = specs.find(({ name }) => name === status.name)?.image ?? status.image ?? '';
      const failure = containerFailure(taskRunName, status, image);
      if (failure) return failure;
    }
    return undefined;
  },
);
