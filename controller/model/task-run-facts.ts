import { succeededCondition } from '../../shared/tekton/conditions.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';

export function isCancelled(taskRun: TaskRun): boolean {
  return taskRun.spec.status === 'TaskRunCancelled';
}

export function isPending(taskRun: TaskRun): boolean {
  return taskRun.spec.status === 'TaskRunPending';
}

/** Whether a failed TaskRun has retries left. */
export function isRetriable(taskRun: TaskRun): boolean {
  return (
    succeededCondition(taskRun)?.status === 'False' &&
    !isCancelled(taskRun) &&
    (taskRun.status?.retriesStatus?.length ?? 0) < (taskRun.spec.retries ?? 0)
  );
}
