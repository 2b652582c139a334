import { formatDuration } from '../../shared/tekton/duration.ts';
import type { Condition, PipelineRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { hasEnded } from '../model/pipeline-run-facts.ts';
import type { Outcome, PipelineRunFacts } from '../model/pipeline-run-facts.ts';
import { SKIP } from './skip.ts';
import { timeoutsOf } from '../model/pipeline-run-timeouts.ts';

type RunCondition = Required<Pick<Condition, 'status' | 'reason' | 'message'>>;

const TIMEOUT_SKIPS: readonly (string | undefined)[] = [SKIP.pipelineTimeout, SKIP.tasksTimeout, SKIP.finallyTimeout];

/** Numbers of the run's tasks by outcome. */
interface TaskCounts {
  succeeded: number;
  failed: number;
  ignored: number;
  cancelled: number;
  invalid: number;
  skipped: number;
  skippedByTimeout: number;
  incomplete: number;
}

const COUNTED_AS: Record<Outcome, keyof TaskCounts> = {
  waiting: 'incomplete',
  running: 'incomplete',
  succeeded: 'succeeded',
  failed: 'failed',
  ignoredFailure: 'ignored',
  cancelled: 'cancelled',
  invalid: 'invalid',
  skipped: 'skipped',
};

const countTasks = traced('countTasks', ({ tasks }: PipelineRunFacts): TaskCounts => {
  const counts: TaskCounts = {
    succeeded: 0,
    failed: 0,
    ignored: 0,
    cancelled: 0,
    invalid: 0,
    skipped: 0,
    skippedByTimeout: 0,
    incomplete: 0,
  };
  for (const { outcome, skippedBecause } of tasks) {
    counts[COUNTED_AS[outcome]]++;
    if (TIMEOUT_SKIPS.includes(skippedBecause)) counts.skippedByTimeout++;
  }
  return counts;
});

/** The condition of a run after `timeouts.pipeline`. */
export const pipelineTimeoutCondition = traced('pipelineTimeoutCondition', (run: PipelineRun): RunCondition => {
  const { pipelineMs = 0 } = timeoutsOf(run);
  return timedOut(`PipelineRun "${run.metadata.name}" failed to finish within "${formatDuration(pipelineMs)}"`);
});

/** The condition of a run after a timeout; undefined before, or while `finally` may still run. */
const timeoutCondition = traced(
  'timeoutCondition',
  (run: PipelineRun, facts: PipelineRunFacts): RunCondition | undefined => {
    if (facts.timedOut.pipeline) return pipelineTimeoutCondition(run);
    if (!facts.timedOut.tasks || !finallyDone(facts)) return undefined;
    const { tasksMs = 0 } = timeoutsOf(run);
    return timedOut(
      `PipelineRun "${run.metadata.name}" failed due to tasks failed to finish within "${formatDuration(tasksMs)}"`,
    );
  },
);

const timedOut = traced('timedOut', (message: string): RunCondition => ({
  status: 'False',
  reason: 'PipelineRunTimeout',
  message,
}));

const finallyDone = traced('finallyDone', ({ tasks }: PipelineRunFacts): boolean =>
  tasks.every((state) => !state.final || hasEnded(state)),
);

/** Upstream's condition for the tasks' outcomes (GetPipelineConditionStatus). */
export const getPipelineConditionStatus = traced(
  'getPipelineConditionStatus',
  (run: PipelineRun, facts: PipelineRunFacts): RunCondition => {
    const timeout = timeoutCondition(run, facts);
    if (timeout) return timeout;
    const counts = countTasks(facts);
    return counts.incomplete === 0 ? finalCondition(run, facts, counts) : runningCondition(facts, counts);
  },
);

const finalCondition = traced(
  'finalCondition',
  (run: PipelineRun, facts: PipelineRunFacts, counts: TaskCounts): RunCondition => {
    const message = finalMessage(facts, counts);
    const stopped = facts.specStatus === 'CancelledRunFinally' || facts.specStatus === 'StoppedRunFinally';
    if (counts.invalid > 0) return { status: 'False', reason: 'PipelineValidationFailed', message };
    if (counts.failed > 0 || counts.skippedByTimeout > 0) return { status: 'False', reason: 'Failed', message };
    if (stopped)
      return { status: 'False', reason: 'Cancelled', message: `PipelineRun "${run.metadata.name}" was cancelled` };
    if (counts.cancelled > 0) return { status: 'False', reason: 'Cancelled', message };
    return { status: 'True', reason: counts.skipped > 0 ? 'Completed' : 'Succeeded', message };
  },
);

const finalMessage = traced('finalMessage', (facts: PipelineRunFacts, counts: TaskCounts): string => {
  const { succeeded, failed, ignored, cancelled, skipped, invalid } = counts;
  const completed = succeeded + failed + ignored + cancelled;
  const failures = ignored > 0 ? `${failed + ignored} (Ignored: ${ignored})` : String(failed);
  const message = `Tasks Completed: ${completed} (Failed: ${failures}, Cancelled ${cancelled}), Skipped: ${skipped}`;
  if (invalid === 0) return message;
  const reasons = facts.tasks.map(({ invalidBecause }) => invalidBecause).filter((reason) => reason !== undefined);
  return `${message}, Failed Validation: ${invalid} (${reasons.join('; ').slice(0, 1024)})`;
});

const runningCondition = traced('runningCondition', (facts: PipelineRunFacts, counts: TaskCounts): RunCondition => {
  const { succeeded, failed, ignored, cancelled, incomplete, skipped } = counts;
  const completed = succeeded + failed + ignored + cancelled;
  const message = `Tasks Completed: ${completed} (Failed: ${failed}, Cancelled ${cancelled}), Incomplete: ${incomplete}, Skipped: ${skipped}`;
  return { status: 'Unknown', reason: runningReason(facts, counts), message };
});

const runningReason = traced('runningReason', (facts: PipelineRunFacts, counts: TaskCounts): string => {
  if (facts.timedOut.tasks && !finallyDone(facts)) return 'PipelineRunTimeoutRunningFinally';
  if (facts.specStatus === 'CancelledRunFinally') return 'CancelledRunningFinally';
  if (facts.specStatus === 'StoppedRunFinally') return 'StoppedRunningFinally';
  const stopping = counts.cancelled > 0 || (counts.failed > 0 && finallyDone(facts));
  return stopping ? 'PipelineRunStopping' : 'Running';
});
