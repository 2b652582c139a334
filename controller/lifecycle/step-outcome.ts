import type { PodCondition } from '../../shared/kubernetes/pod.ts';
import { hasFailed, stepReason } from '../../shared/tekton/step-end.ts';
import type { StepState } from '../../shared/tekton/types.ts';
import { parseTerminationMessage } from '../model/termination-message.ts';
import type { Attempt } from './attempt.ts';
import type { Result } from './result.ts';
import { conditionMs } from './node-clock.ts';
import { needsPod } from './step-fate.ts';
import type { TimedStep } from './step-times.ts';
import { LAST_MS } from './times.ts';

/** A step's outcome for its span. */
export interface StepOutcome {
  result: Result;
  errorType?: string;
  message?: string;
}

const isDisruption = ({ type }: PodCondition): boolean => type === 'DisruptionTarget';

/** The reason of a TaskRun whose Pod the kubelet evicted. */
const EVICTED = 'PodEvicted';

/** The message of the kubelet or the runtime; undefined for the entrypoint's message, which is not text. */
function kubeletMessage({ terminated }: StepState): string | undefined {
  const { message } = terminated ?? {};
  return message && parseTerminationMessage(message) === undefined ? message : undefined;
}

/** Only the TaskRun reports an eviction: the step looks killed, or lost. */
function eviction({ outcome }: Attempt): StepOutcome | undefined {
  return outcome.errorType === EVICTED ? { result: 'error', errorType: EVICTED, message: outcome.message } : undefined;
}

/**
 * Why a step that failed was killed, if it ended after its Pod was chosen for that (`DisruptionTarget`: a preemption, a drain, a node that is shut down):
 * the step has only the signal's exit code. Only a step that needs its Pod, because the span of any other is the same without.
 */
function disruption({ step, fate, interval }: TimedStep, { pod }: Attempt): StepOutcome | undefined {
  const atMs = pod && conditionMs(pod, 'DisruptionTarget');
  if (atMs === undefined || !needsPod(step, fate) || interval.endMs + LAST_MS < atMs) return undefined;
  const { reason = 'DisruptionTarget', message } = pod?.status?.conditions?.find(isDisruption) ?? {};
  return { result: 'error', errorType: reason, ...(message !== undefined && { message }) };
}

/** The outcome of a step whose container the kubelet did not find any more. */
function loss(step: StepState): StepOutcome {
  return {
    result: 'error',
    errorType: stepReason(step) ?? 'ContainerStatusUnknown',
    message: kubeletMessage(step) ?? 'the container was lost',
  };
}

/** The outcome of a step that failed by itself. */
function failure(step: StepState): StepOutcome {
  const reason = step.terminationReason === 'Continued' ? undefined : stepReason(step);
  const message = kubeletMessage(step) ?? `exit code ${step.terminated?.exitCode}`;
  return { result: 'failure', errorType: reason ?? 'Error', message };
}

/** The outcome of a step that its TaskRun's end interrupted: the TaskRun's outcome. */
function cutShort({ result, errorType, message }: Attempt['outcome']): StepOutcome {
  return result === 'success' ? { result } : { result, errorType, message };
}

export function stepOutcome(timed: TimedStep, attempt: Attempt): StepOutcome {
  const { step, fate } = timed;
  if (fate === 'skipped') return { result: 'skip' };
  if (fate === 'cut') return cutShort(attempt.outcome);
  if (fate === 'lost') return eviction(attempt) ?? loss(step);
  switch (stepReason(step)) {
    case 'TimeoutExceeded':
      return { result: 'timeout', errorType: 'TimeoutExceeded', message: 'the step exceeded its timeout' };
    case 'Cancelled':
    case 'TaskRunCancelled':
      return { result: 'cancellation', errorType: 'Cancelled' };
    case 'TaskRunTimeout':
      return { result: 'timeout', errorType: 'TaskRunTimeout', message: 'the TaskRun ran out of time' };
    default:
      return step.terminated && !hasFailed(step.terminated)
        ? { result: 'success' }
        : (eviction(attempt) ?? disruption(timed, attempt) ?? failure(step));
  }
}
