import { isNotFound } from '../../shared/kubernetes/errors.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { PODS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { isRefused } from '../model/refused.ts';
import { markFailed } from '../model/task-run-condition.ts';
import type { Condition, StepState, TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { ReconcileContext } from './context.ts';
import { findPod } from './find-pod.ts';
import { updateContainerStates } from './status/make-task-run-status.ts';

/** `message`, with the previous condition if it explains why the TaskRun made no progress. */
export const appendPreviousConditionContext = traced(
  'appendPreviousConditionContext',
  (before: Condition | undefined, message: string): string => {
    const usual = [undefined, 'Started', 'Running', 'TaskRunPending'];
    if (!before?.message || before.message === before.reason || usual.includes(before.reason)) return message;
    return `${message}\nPrevious status: [${before.reason}] ${before.message}`;
  },
);

/** Marks unfinished steps as terminated with their Pod. */
const terminateStep = traced('terminateStep', (step: StepState, taskRun: TaskRun, reason: string): StepState => {
  const { running, waiting, ...rest } = step;
  if (!running && !waiting) return step;
  return {
    ...rest,
    terminationReason: reason,
    terminated: {
      exitCode: 1,
      reason,
      message: `Step ${step.name} terminated as pod ${taskRun.status?.podName} is terminated`,
      startedAt: running?.startedAt ?? taskRun.metadata.creationTimestamp,
      finishedAt: taskRun.status?.completionTime,
    },
  };
});

/** Deletes the Pod. Returns a message if the API server refuses. */
export const deletePod = traced(
  'deletePod',
  async (context: ReconcileContext, { metadata: { namespace, name, uid } }: Pod): Promise<string | undefined> => {
    try {
      // With its uid, because another Pod of that name may exist.
      const body = { preconditions: { uid } };
      await context.client.request('DELETE', resourcePath(PODS, { namespace, name }), { body });
    } catch (error) {
      if (isRefused(error)) return `its Pod "${name}" can't be deleted: ${error.message}`;
      if (!isNotFound(error)) throw error;
    }
    return undefined;
  },
);

/** Fails the TaskRun and its steps with `reason`, and deletes its Pod. The caller writes the status. */
export const failTaskRun = traced(
  'failTaskRun',
  async (context: ReconcileContext, taskRun: TaskRun, reason: string, message: string): Promise<void> => {
    const status = (taskRun.status ??= {});
    const pod = await findPod(context, taskRun);
    if (pod) {
      updateContainerStates(status, pod);
      status.podName = pod.metadata.name ?? '';
    }
    markFailed(status, reason, message, context.clock());
    if (!status.podName) return;
    if (status.steps) status.steps = status.steps.map((step) => terminateStep(step, taskRun, reason));
    const problem = pod && (await deletePod(context, pod));
    if (problem) markFailed(status, reason, `${message} (${problem})`, context.clock());
  },
);
