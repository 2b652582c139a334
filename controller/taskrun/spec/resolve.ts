import { isNotFound } from '../../../shared/kubernetes/errors.ts';
import { resourcePath, TASKS } from '../../../shared/kubernetes/resources.ts';
import { LABEL_TASK } from '../../../shared/tekton/annotations.ts';
import { labelValue } from '../../../shared/tekton/label-value.ts';
import { isRefused } from '../../model/refused.ts';
import { RunFailure } from '../../model/run-failure.ts';
import type { Task, TaskRun, TaskSpec } from '../../../shared/tekton/types.ts';
import { validateObjectName } from '../../../shared/tekton/validation/names.ts';
import { describeErrors } from '../../../shared/tekton/validation/validation-error.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import type { ReconcileContext } from '../context.ts';

export interface ResolvedTask {
  /** The value of `$(context.task.name)`. */
  taskName: string;
  taskSpec: TaskSpec;
  /** Whether the spec is from the status: an earlier attempt has checked and replaced its references. */
  stored: boolean;
}

const FAILED = 'TaskRunResolutionFailed';
/** Annotations that are not copied from a Task: our own, upstream's carriers, and kubectl's. */
const PRIVATE_ANNOTATION = /^tekton\/|^tekton\.dev\/(pipelinerun|taskrun)SpanContext$|^kubectl\.kubernetes\.io\//;

/** Reads the Task. Throws RunFailure for a final error, other errors if a retry may help. */
const getTask = traced('getTask', async (context: ReconcileContext, taskRun: TaskRun, name: string): Promise<Task> => {
  const { namespace } = taskRun.metadata;
  try {
    return await context.client.request<Task>('GET', resourcePath(TASKS, { namespace, name }));
  } catch (error) {
    if (isNotFound(error)) {
      throw new RunFailure(
        FAILED,
        `Task "${name}" not found in namespace "${namespace}": create it, or correct taskRef.name`,
      );
    }
    if (isRefused(error)) {
      throw new RunFailure(FAILED, `Task "${name}" can't be read in namespace "${namespace}": ${error.message}`);
    }
    throw error;
  }
});

/** Copies the Task's labels and annotations to the TaskRun. The TaskRun's own ones win. */
const mergeTaskMetadata = traced('mergeTaskMetadata', (taskRun: TaskRun, task: Task): void => {
  const annotations = Object.entries(task.metadata.annotations ?? {}).filter(
    ([name]) => !PRIVATE_ANNOTATION.test(name),
  );
  taskRun.metadata.annotations = { ...Object.fromEntries(annotations), ...taskRun.metadata.annotations };
  taskRun.metadata.labels = {
    ...task.metadata.labels,
    ...taskRun.metadata.labels,
    [LABEL_TASK]: labelValue(task.metadata.name ?? ''),
  };
});

/** The TaskRun's Task: embedded, from the status, or from the API server. Throws RunFailure if there is none. */
export const getTaskData = traced(
  'getTaskData',
  async (context: ReconcileContext, taskRun: TaskRun): Promise<ResolvedTask> => {
    const { taskRef, taskSpec } = taskRun.spec;
    if (taskSpec) return { taskName: taskRun.metadata.name ?? '', taskSpec, stored: false };
    if (!taskRef?.name) {
      const reason = taskRef
        ? 'spec.taskRef names no Task (resolvers and bundles are not supported)'
        : 'no taskRef or taskSpec';
      throw new RunFailure(
        FAILED,
        `TaskRun "${taskRun.metadata.name}" has ${reason}: set spec.taskRef.name or spec.taskSpec`,
      );
    }
    const { kind = 'Task' } = taskRef;
    if (kind !== 'Task') {
      throw new RunFailure(FAILED, `spec.taskRef.kind "${kind}" is not supported: refer to a Task of the namespace`);
    }
    const stored = taskRun.status?.taskSpec;
    if (stored) return { taskName: taskRef.name, taskSpec: stored, stored: true };
    const invalid = validateObjectName('spec.taskRef.name', taskRef.name);
    if (invalid.length > 0) throw new RunFailure('TaskRunValidationFailed', describeErrors(invalid));
    const task = await getTask(context, taskRun, taskRef.name);
    mergeTaskMetadata(taskRun, task);
    return { taskName: taskRef.name, taskSpec: task.spec, stored: false };
  },
);
