import type { ContainerStatus, Pod } from '../../../shared/kubernetes/pod.ts';
import { isDone } from '../../../shared/tekton/conditions.ts';
import type { TaskRun, TaskRunStatus, TaskSpec } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import { isSidecarContainer, isStepContainer } from '../../../shared/tekton/containers.ts';
import { markFailed, markSucceeded } from './condition.ts';
import { didTaskRunFail, isOomKilled, podFailure } from './failure.ts';
import { taskRunResults } from './results.ts';
import { sidecarState, stepState } from './steps.ts';
import { markIncomplete } from './waiting.ts';

/** `continue` on a TaskRun whose failure its pipeline ignores. */
const ON_ERROR_ANNOTATION = 'pipeline.tekton.dev/pipeline-task-on-error';

/** The containers' states in the order the Pod's spec has them; the API server's list has any order. */
const inSpecOrder = traced('inSpecOrder', (pod: Pod): ContainerStatus[] => {
  const statuses = new Map((pod.status?.containerStatuses ?? []).map((status) => [status.name, status]));
  return (pod.spec?.containers ?? []).flatMap(({ name }) => statuses.get(name) ?? []);
});

/** All steps have ended, or the Pod has, or a step ran out of memory (such a Pod runs on until its deadline). */
const isComplete = traced('isComplete', (pod: Pod, steps: readonly ContainerStatus[]): boolean => {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return true;
  if (steps.some(isOomKilled)) return true;
  return phase === 'Running' && steps.length > 0 && steps.every(({ state }) => state?.terminated !== undefined);
});

const markComplete = traced('markComplete', (taskRun: TaskRun, status: TaskRunStatus, pod: Pod, now: Date): void => {
  if (!didTaskRunFail(pod)) return markSucceeded(status, now);
  const { reason, message } = podFailure(pod);
  const ignored = taskRun.metadata.annotations?.[ON_ERROR_ANNOTATION] === 'continue';
  markFailed(status, ignored ? 'FailureIgnored' : reason, message, now);
});

/** The steps' and sidecars' states as the Pod shows them now. */
export const updateContainerStates = traced('updateContainerStates', (status: TaskRunStatus, pod: Pod): void => {
  const containers = inSpecOrder(pod);
  const steps = containers.filter(({ name }) => isStepContainer(name)).map((each) => stepState(each));
  const sidecars = containers.filter(({ name }) => isSidecarContainer(name)).map((each) => sidecarState(each));
  if (steps.length > 0) status.steps = steps;
  if (sidecars.length > 0) status.sidecars = sidecars;
});

/** Brings the TaskRun's status to what its Pod shows (tekton.md 6.5): condition, steps, sidecars, and results once it is done. */
export const MakeTaskRunStatus = traced(
  'MakeTaskRunStatus',
  (taskRun: TaskRun, pod: Pod, taskSpec: TaskSpec, now: Date): void => {
    const status = (taskRun.status ??= {});
    const steps = inSpecOrder(pod).filter(({ name }) => isStepContainer(name));
    if (isComplete(pod, steps)) markComplete(taskRun, status, pod, now);
    else markIncomplete(status, pod, now);
    status.podName = pod.metadata.name ?? '';
    updateContainerStates(status, pod);
    if (!isDone(taskRun)) return;
    const results = taskRunResults(steps, taskSpec.results ?? []);
    if (results.length > 0) status.results = results;
  },
);
