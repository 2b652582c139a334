import type { ContainerStatus, Pod } from '../../../shared/kubernetes/pod.ts';
import { isSidecarContainer, isStepContainer } from '../../../shared/tekton/containers.ts';
import { internalValue, parseTerminationMessage } from '../termination-message.ts';

const OOM_KILLED = 'OOMKilled';
const EVICTED = 'Evicted';

interface Classified {
  reason: string;
  container?: ContainerStatus;
  isInit?: boolean;
}

export function isOomKilled(status: ContainerStatus): boolean {
  return status.state?.terminated?.reason === OOM_KILLED;
}

function failed(status: ContainerStatus): boolean {
  return (status.state?.terminated?.exitCode ?? 0) !== 0;
}

/** Whether the Pod's state fails its TaskRun. */
export function didTaskRunFail(pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  const steps = (pod.status?.containerStatuses ?? []).filter(({ name }) => isStepContainer(name));
  return steps.some((step) => failed(step) || isOomKilled(step));
}

interface Rule {
  reason: string;
  matches: (status: ContainerStatus) => boolean;
  of?: (name: string) => boolean;
}

/** Upstream's order: out of memory before other exits, sidecars (the more likely cause) before the rest. */
const INIT_RULES: readonly Rule[] = [
  { reason: 'SidecarOOM', matches: isOomKilled, of: isSidecarContainer },
  { reason: 'InitContainerOOM', matches: isOomKilled },
  { reason: 'SidecarFailed', matches: failed, of: isSidecarContainer },
  { reason: 'InitContainerFailed', matches: failed },
];
const RULES: readonly Rule[] = [
  { reason: 'SidecarOOM', matches: isOomKilled, of: isSidecarContainer },
  { reason: 'StepOOM', matches: isOomKilled, of: isStepContainer },
  { reason: 'SidecarFailed', matches: failed, of: isSidecarContainer },
  { reason: 'StepFailed', matches: failed, of: isStepContainer },
];

/** The first rule that matches a container, with that container. */
function classifyContainers(statuses: readonly ContainerStatus[], rules: readonly Rule[]): Classified | undefined {
  for (const { reason, matches, of } of rules) {
    const container = statuses.find((each) => matches(each) && (!of || of(each.name)));
    if (container) return { reason, container, isInit: rules === INIT_RULES };
  }
  return undefined;
}

function classify(pod: Pod): Classified {
  const { reason, initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  if (reason === EVICTED) return { reason: 'PodEvicted' };
  return (
    classifyContainers(initContainerStatuses, INIT_RULES) ??
    classifyContainers(containerStatuses, RULES) ?? { reason: 'Failed' }
  );
}

/** Upstream's message. For a command that could not start, also the runtime's message, because nothing else has the reason. */
function containerMessage({ name, state }: ContainerStatus): string | undefined {
  const { terminated } = state ?? {};
  if (!terminated) return undefined;
  const reason = internalValue(parseTerminationMessage(terminated.message) ?? [], 'Reason');
  if (reason === 'TimeoutExceeded') return `"${name}" exited because the step exceeded the specified timeout limit`;
  if (terminated.exitCode === 0) return undefined;
  const cause = terminated.reason === 'StartError' && terminated.message ? `: ${terminated.message}` : '';
  return `"${name}" exited with code ${terminated.exitCode}${terminated.reason ? `: ${terminated.reason}` : ''}${cause}`;
}

/** Why the Pod failed: upstream's reason and message. */
export function podFailure(pod: Pod): { reason: string; message: string } {
  const { reason, container, isInit } = classify(pod);
  if (reason === 'PodEvicted') return { reason, message: pod.status?.message ?? 'the Pod was evicted' };
  const message = container && containerMessage(container);
  if (message) return { reason, message: isInit ? `init container failed, ${message}` : message };
  return { reason, message: pod.status?.message || 'build failed for unspecified reasons.' };
}

/** Whether all steps or the Pod have ended, or a step ran out of memory (such a Pod runs until its deadline). */
export function isComplete(pod: Pod, steps: readonly ContainerStatus[]): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return true;
  if (steps.some(isOomKilled)) return true;
  return phase === 'Running' && steps.length > 0 && steps.every(({ state }) => state?.terminated !== undefined);
}
