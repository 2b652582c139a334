import { completionOf, isDone, isSuccessful, succeededCondition } from '../../../shared/tekton/conditions.ts';
import { resultOfReason, type RunResult } from '../../../shared/tekton/run-result.ts';
import type { PipelineRun, TaskRun } from '../../../shared/tekton/types.ts';
import { timeMs } from './times.ts';

export interface LiveOutcome {
  /** Undefined while it runs. */
  endMs?: number;
  result?: RunResult;
  errorType?: string;
  error?: string;
}

/** How a run ended, by its condition; empty while it runs. The span that comes later may say it more exactly. */
export function liveOutcome(run: PipelineRun | TaskRun, nowMs: number): LiveOutcome {
  if (!isDone(run)) return {};
  const endMs = timeMs(completionOf(run)) ?? nowMs;
  if (isSuccessful(run)) return { endMs, result: 'success' };
  const { reason = 'Failed', message } = succeededCondition(run) ?? {};
  const result = resultOfReason(reason);
  return { endMs, result, errorType: reason, ...(result !== 'cancellation' && { error: message ?? reason }) };
}
