import { succeededCondition } from '../../shared/tekton/conditions.ts';
import type { Condition, TaskRunStatus } from '../../shared/tekton/types.ts';

/** Sets the Succeeded condition; the time of transition changes only with the rest. */
function setCondition(
  status: TaskRunStatus,
  value: Condition['status'],
  reason: string,
  message: string,
  now: Date,
): void {
  const before = succeededCondition({ status });
  if (before && before.status === value && before.reason === reason && (before.message ?? '') === message) return;
  const condition: Condition = {
    type: 'Succeeded',
    status: value,
    reason,
    message,
    lastTransitionTime: now.toISOString(),
  };
  status.conditions = [...(status.conditions ?? []).filter(({ type }) => type !== 'Succeeded'), condition];
}

export function markRunning(status: TaskRunStatus, reason: string, message: string, now: Date): void {
  return setCondition(status, 'Unknown', reason, message, now);
}

/** Ends the TaskRun (or its attempt) as failed, now. */
export function markFailed(status: TaskRunStatus, reason: string, message: string, now: Date): void {
  setCondition(status, 'False', reason, message, now);
  status.completionTime = now.toISOString();
}

/** Ends the TaskRun as succeeded, now. */
export function markSucceeded(status: TaskRunStatus, now: Date): void {
  setCondition(status, 'True', 'Succeeded', 'All Steps have completed executing', now);
  status.completionTime = now.toISOString();
}
