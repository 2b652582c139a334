import { completionOf, isDone, isSuccessful, succeededCondition } from '../../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../../shared/tekton/types.ts';
import type { Result } from '../classify.ts';
import { timeMs } from './times.ts';

const RESULT_OF_REASON: Record<string, Result> = {
  PipelineRunTimeout: 'timeout',
  TaskRunTimeout: 'timeout',
  Cancelled: 'cancellation',
  CancelledRunningFinally: 'cancellation',
  StoppedRunningFinally: 'cancellation',
  TaskRunCancelled: 'cancellation',
};

export interface LiveOutcome {
  /** Undefined while it runs. */
  endMs?: number;
  result?: Result;
  errorType?: string;
  error?: string;
}

/** How a run ended, by its condition; empty while it runs. The span that comes later may say it more exactly. */
export function liveOutcome(run: PipelineRun | TaskRun, nowMs: number): LiveOutcome {
  if (!isDone(run)) return {};
  const endMs = timeMs(completionOf(run)) ?? nowMs;
  if (isSuccessful(run)) return { endMs, result: 'success' };
  const { reason = '', message } = succeededCondition(run) ?? {};
  const result = RESULT_OF_REASON[reason] ?? 'failure';
  return { endMs, result, errorType: reason, ...(result !== 'cancellation' && { error: message ?? reason }) };
}
