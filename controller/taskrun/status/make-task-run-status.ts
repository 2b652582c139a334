import type { Pod } from '../../../shared/kubernetes/pod.ts';
import { isDone } from '../../../shared/tekton/conditions.ts';
import { isSidecarContainer, isStepContainer } from '../../../shared/tekton/containers.ts';
import { inSpecOrder, sidecarState, stepState } from '../../model/pod/container-states.ts';
import { didTaskRunFail, isComplete, podFailure } from '../../model/pod/failure.ts';
import { markIncomplete } from '../../model/pod/waiting.ts';
import { markFailed, markSucceeded } from '../../model/task-run-condition.ts';
import { taskRunResults } from '../../model/task-run-results.ts';
import type { TaskRun, TaskRunStatus, TaskSpec } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';

/** Annotation with the value `continue` on a TaskRun whose failure its Pipeline ignores. */
const ON_ERROR_ANNOTATION = 'pipeline.tekton.dev/pipeline-task-on-error';

const markComplete = traced('markComplete', (taskRun: TaskRun, status: TaskRunStatus, pod: Pod, now: Date): void => {
  if (!didTaskRunFail(pod)) return markSucceeded(status, now);
  const { reason, message } = podFailure(pod);
  const ignored = taskRun.metadata.annotations?.[ON_ERROR_ANNOTATION] === 'continue';
  markFailed(status, ignored ? 'FailureIgnored' : reason, message, now);
});

/** Sets the steps' and sidecars' states from the Pod. */
export const updateContainerStates = traced('updateContainerStates', (status: TaskRunStatus, pod: Pod): void => {
  const containers = inSpecOrder(pod);
  const steps = containers.filter(({ name }) => isStepContainer(name)).map((each) => stepState(each));
  const sidecars = containers.filter(({ name }) => isSidecarContainer(name)).map((each) => sidecarState(each));
  if (steps.length > 0) status.steps = steps;
  if (sidecars.length > 0) status.sidecars = sidecars;
});

/** Updates the TaskRun's status from its Pod: condition, steps, sidecars, and results when it is done. */
export const makeTaskRunStatus = traced(
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
