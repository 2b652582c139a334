/** The values of `cicd.pipeline.result` (OpenTelemetry semantic conventions 1.44). */
export type RunResult = 'success' | 'failure' | 'error' | 'timeout' | 'cancellation' | 'skip';

/** Upstream's reasons for a failed step (from v1.12 on; earlier versions have `Failed`). */
const FAILURES = ['Failed', 'StepFailed', 'StepOOM', 'FailureIgnored'];
const TIMEOUTS = ['PipelineRunTimeout', 'TaskRunTimeout', 'CustomRunTimedOut'];
const CANCELLATIONS = [
  'Cancelled',
  'CancelledRunningFinally',
  'StoppedRunningFinally',
  'TaskRunCancelled',
  'CustomRunCancelled',
];

/** The result of a run whose condition `Succeeded` is `False` with this reason. */
export function resultOfReason(reason: string): RunResult {
  if (FAILURES.includes(reason)) return 'failure';
  if (TIMEOUTS.includes(reason)) return 'timeout';
  return CANCELLATIONS.includes(reason) ? 'cancellation' : 'error';
}
