import { SpanStatusCode } from '@opentelemetry/api';
import type { Attributes, SpanStatus } from '@opentelemetry/api';

import { succeededCondition } from '../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';

/** The values of `cicd.pipeline.result` (OpenTelemetry semantic conventions 1.44). */
export type Result = 'success' | 'failure' | 'error' | 'timeout' | 'cancellation' | 'skip';

export interface Outcome {
  result: Result;
  /** Tekton's reason, or `deleted`; absent on success. */
  errorType?: string;
  message?: string;
}

const MAX_MESSAGE_CHARS = 1024;

/** Reasons of upstream Tekton (v1.12 on; earlier ones say `Failed`) that mean: a step failed. */
const FAILURES = ['Failed', 'StepFailed', 'StepOOM', 'FailureIgnored'];
const TIMEOUTS = ['PipelineRunTimeout', 'TaskRunTimeout'];
const CANCELLATIONS = ['Cancelled', 'CancelledRunningFinally', 'StoppedRunningFinally', 'TaskRunCancelled'];

function resultOf(reason: string): Result {
  if (FAILURES.includes(reason)) return 'failure';
  if (TIMEOUTS.includes(reason)) return 'timeout';
  return CANCELLATIONS.includes(reason) ? 'cancellation' : 'error';
}

/** How a run ended, from its condition; one that is gone before it ended was deleted. */
export function outcomeOf(run: PipelineRun | TaskRun): Outcome {
  const condition = succeededCondition(run);
  if (condition?.status === 'True') return { result: 'success' };
  if (condition?.status !== 'False')
    return { result: 'cancellation', errorType: 'deleted', message: 'deleted before it was done' };
  const reason = condition.reason ?? 'Failed';
  return { result: resultOf(reason), errorType: reason, message: condition.message };
}

/** Error for failure, error and timeout; a cancellation is nobody's fault and stays Unset. */
export function statusOf(outcome: Outcome): SpanStatus {
  if (!['failure', 'error', 'timeout'].includes(outcome.result)) return { code: SpanStatusCode.UNSET };
  const message = outcome.message?.slice(0, MAX_MESSAGE_CHARS);
  return { code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) };
}

/** `error.type`, where something went wrong. */
export function errorAttributes(outcome: Outcome): Attributes {
  return outcome.errorType === undefined ? {} : { 'error.type': outcome.errorType };
}
