import { succeededCondition } from '../../shared/tekton/conditions.ts';
import { markRunning } from '../model/task-run-condition.ts';
import { isRetriable } from '../model/task-run-facts.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';

/** If retries are left, moves a failed attempt to `retriesStatus` and starts the TaskRun again. Returns whether it did. */
export const retryTaskRun = traced('retryTaskRun', (taskRun: TaskRun, now: Date): boolean => {
  if (!isRetriable(taskRun)) return false;
  const { retriesStatus = [], ...attempt } = taskRun.status ?? {};
  const message = succeededCondition(taskRun)?.message ?? '';
  const { conditions, taskSpec } = attempt;
  taskRun.status = {
    ...(conditions ? { conditions } : {}),
    ...(taskSpec ? { taskSpec } : {}),
    ...(attempt.spanContext ? { spanContext: attempt.spanContext } : {}),
    retriesStatus: [...retriesStatus, attempt],
  };
  markRunning(taskRun.status, 'ToBeRetried', message, now);
  return true;
});
