import type { RunResult } from '../../../shared/tekton/run-result.ts';
import { hasFailed, stepReason } from '../../../shared/tekton/step-end.ts';
import type { StepState } from '../../../shared/tekton/types.ts';
import type { LiveOutcome } from './outcome.ts';

export interface StepOutcome {
  /** Undefined while it runs. */
  result?: RunResult | undefined;
  errorType?: string | undefined;
  error?: string | undefined;
}

/** How a step ended whose TaskRun may go on. */
function ownOutcome(step: StepState): StepOutcome {
  const { terminated, terminationReason } = step;
  if (!terminated) return {};
  const reason = stepReason(step);
  switch (reason) {
    case 'Skipped':
      return { result: 'skip' };
    case 'TimeoutExceeded':
      return { result: 'timeout', errorType: reason, error: 'the step exceeded its timeout' };
    case 'Cancelled':
    case 'TaskRunCancelled':
      return { result: 'cancellation', errorType: 'Cancelled' };
    case 'TaskRunTimeout':
      return { result: 'timeout', errorType: reason, error: 'the TaskRun ran out of time' };
    default:
      if (!hasFailed(terminated)) return { result: 'success' };
      return {
        result: 'failure',
        errorType: (terminationReason === 'Continued' ? undefined : reason) ?? 'Error',
        error: `exit code ${terminated.exitCode}`,
      };
  }
}

/** Whether the end of its TaskRun interrupted the step: the controller then writes the TaskRun's reason into it (upstream: `terminateStepsInPod`). */
export function isCut(step: StepState, { endMs, errorType }: LiveOutcome): boolean {
  if (endMs === undefined) return false;
  if (!step.terminated) return step.running !== undefined;
  return errorType !== undefined && stepReason(step) === errorType;
}

/**
 * How a step ended; empty while it runs.
 * @param before whether a step before it ended the attempt; whether this one's container started before that
 */
export function stepOutcome(
  step: StepState,
  ofTask: LiveOutcome,
  before: { isOver: boolean; waited: boolean },
): StepOutcome {
  const cut = isCut(step, ofTask);
  const failed = step.terminated !== undefined && hasFailed(step.terminated);
  // The container waited for its turn, and was stopped with the Pod.
  if (before.isOver && (cut || (failed && before.waited))) return { result: 'skip' };
  return cut ? ofTask : ownOutcome(step);
}

/** Whether no step after this one gets its turn. */
export function endsAttempt(step: StepState, { result }: StepOutcome, ofTask: LiveOutcome): boolean {
  if (isCut(step, ofTask)) return true;
  const { terminated, terminationReason } = step;
  return terminated !== undefined && hasFailed(terminated) && result !== 'skip' && terminationReason !== 'Continued';
}
