import type { StepState } from '../../../shared/tekton/types.ts';
import { mayStart } from '../../../shared/tekton/pod-ready.ts';
import { deriveSpanId } from '../../../shared/tracing/ids.ts';
import { liveSpan, type LiveSpan } from './live-span.ts';
import type { LiveAttempt } from './pod.ts';
import { endsAttempt, isCut, stepOutcome, type StepOutcome } from './step-outcome.ts';
import { timeMs } from './times.ts';

interface Stretch {
  startMs: number;
  /** Undefined while it runs. */
  endMs: number | undefined;
}

function stepSpan(
  step: StepState,
  stretch: Stretch,
  outcome: StepOutcome,
  attempt: LiveAttempt,
  nowMs: number,
): LiveSpan {
  const { container = '', terminated } = step;
  const { traceId, parentSpanId, taskRunUid, number } = attempt;
  const { result, errorType, error } = outcome;
  const facts = {
    ...{ traceId, spanId: deriveSpanId(traceId, 'step', taskRunUid, number, container), parentSpanId },
    ...{ name: `step ${step.name ?? container}`, ...stretch, error },
    attributes: {
      'k8s.container.name': container,
      'cicd.pipeline.task.run.result': result,
      'process.exit.code': result === 'skip' ? undefined : terminated?.exitCode,
      'error.type': errorType,
    },
  };
  return liveSpan(facts, nowMs);
}

/**
 * The steps that have begun or were skipped, with the results that their spans will have (docs/trace.md). All step containers start together: a step's
 * turn comes when the one before it has ended. What did not get its turn before the TaskRun ended is skipped.
 */
export function stepSpans(attempt: LiveAttempt, nowMs: number): LiveSpan[] {
  const { status, outcome: ofTask, createdMs } = attempt;
  // The containers run, and wait for the sidecars.
  if (attempt.pod && !mayStart(attempt.pod)) return [];
  const spans: LiveSpan[] = [];
  let turnMs = attempt.startMs;
  let isOver = false;
  for (const step of status.steps ?? []) {
    const startedMs = timeMs(step.terminated?.startedAt ?? step.running?.startedAt);
    // Where its container had not started, the controller wrote the TaskRun's creation.
    if (startedMs === undefined || (isCut(step, ofTask) && startedMs === createdMs)) break;
    const outcome = stepOutcome(step, ofTask, { isOver, waited: startedMs < turnMs });
    const startMs = Math.max(turnMs, startedMs);
    const endMs = outcome.result === 'skip' ? startMs : (timeMs(step.terminated?.finishedAt) ?? ofTask.endMs);
    spans.push(stepSpan(step, { startMs, endMs }, outcome, attempt, nowMs));
    if (endMs === undefined) break;
    isOver ||= endsAttempt(step, outcome, ofTask);
    turnMs = Math.max(startMs, endMs);
  }
  return spans;
}
