import { succeededCondition } from '../../shared/tekton/conditions.ts';
import type { Condition, TaskRunStatus } from '../../shared/tekton/types.ts';

/** Sets the Succeeded condition. The transition time changes only if another field does. */
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

/** Fails the TaskRun (or its attempt) at `now`. */
export function markFailed(status: TaskRunStatus, reason: string, message: string, now: Date): void {
  setCondition(status, 'False', reason, message, now);
  status.completionTime = now.toISOString();
}

/** Completes the TaskRun with success at `now`. */
export function markSucceeded(status: TaskRunStatus, now: Date): void {
  setCondition(status, 'True', 'Succeeded', 'All Steps have completed executing', now);
  status.completionTime = now.toISOString();
}
