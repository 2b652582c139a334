import type { ContainerStatus, Pod } from '../../../shared/kubernetes/pod.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import { isSidecarContainer, isStepContainer } from '../pod/names.ts';
import { internalValue, parseTerminationMessage } from './termination-message.ts';

const OOM_KILLED = 'OOMKilled';
const EVICTED = 'Evicted';

interface Classified {
  reason: string;
  container?: ContainerStatus;
  isInit?: boolean;
}

export const isOomKilled = traced(
  'isOomKilled',
  (status: ContainerStatus): boolean => status.state?.terminated?.reason === OOM_KILLED,
);

const failed = traced('failed', (status: ContainerStatus): boolean => (status.state?.terminated?.exitCode ?? 0) !== 0);

/** Whether the Pod makes its TaskRun fail. */
export const didTaskRunFail = traced('didTaskRunFail', (pod: Pod): boolean => {
  if (pod.status?.phase === 'Failed') return true;
  const steps = (pod.status?.containerStatuses ?? []).filter(({ name }) => isStepContainer(name));
  return steps.some((step) => failed(step) || isOomKilled(step));
});

/** First match in upstream's order: out of memory before other exits, sidecars before steps. */
const classifyContainers = traced(
  'classifyContainers',
  (statuses: readonly ContainerStatus[], isInit: boolean): Classified | undefined => {
    const rules: [string, (status: ContainerStatus) => boolean][] = isInit
      ? [
          ['SidecarOOM', (each) => isOomKilled(each) && isSidecarContainer(each.name)],
          ['InitContainerOOM', (each) => isOomKilled(each)],
          ['SidecarFailed', (each) => failed(each) && isSidecarContainer(each.name)],
          ['InitContainerFailed', (each) => failed(each)],
        ]
      : [
          ['SidecarOOM', (each) => isOomKilled(each) && isSidecarContainer(each.name)],
          ['StepOOM', (each) => isOomKilled(each) && isStepContainer(each.name)],
          ['SidecarFailed', (each) => failed(each) && isSidecarContainer(each.name)],
          ['StepFailed', (each) => failed(each) && isStepContainer(each.name)],
        ];
    for (const [reason, matches] of rules) {
      const container = statuses.find(matches);
      if (container) return { reason, container, isInit };
    }
    return undefined;
  },
);

const classify = traced('classify', (pod: Pod): Classified => {
  const { reason, initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  if (reason === EVICTED) return { reason: 'PodEvicted' };
  return (
    classifyContainers(initContainerStatuses, true) ??
    classifyContainers(containerStatuses, false) ?? { reason: 'Failed' }
  );
});

const containerMessage = traced('containerMessage', ({ name, state }: ContainerStatus): string | undefined => {
  const { terminated } = state ?? {};
  if (!terminated) return undefined;
  const reason = internalValue(parseTerminationMessage(terminated.message) ?? [], 'Reason');
  if (reason === 'TimeoutExceeded') return `"${name}" exited because the step exceeded the specified timeout limit`;
  if (terminated.exitCode === 0) return undefined;
  return `"${name}" exited with code ${terminated.exitCode}${terminated.reason ? `: ${terminated.reason}` : ''}`;
});

/** Why the Pod failed, in upstream's reasons and words. */
export const podFailure = traced('podFailure', (pod: Pod): { reason: string; message: string } => {
  const { reason, container, isInit } = classify(pod);
  if (reason === 'PodEvicted') return { reason, message: pod.status?.message ?? 'the Pod was evicted' };
  const message = container && containerMessage(container);
  if (message) return { reason, message: isInit ? `init container failed, ${message}` : message };
  return { reason, message: pod.status?.message || 'build failed for unspecified reasons.' };
});
