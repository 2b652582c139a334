import { whenAllows } from '../model/when.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { isStopping, parentsEnded } from '../model/pipeline-run-facts.ts';
import type { PipelineRunFacts, TaskState } from '../model/pipeline-run-facts.ts';
import { applyTaskResults } from './apply.ts';
import { missingResult } from './results.ts';

/** Upstream's values of `status.skippedTasks[].reason`. */
export const SKIP = {
  when: 'When Expressions evaluated to false',
  parent: 'Parent Tasks were skipped',
  stopping: 'PipelineRun was stopping',
  cancelled: 'PipelineRun was gracefully cancelled',
  stopped: 'PipelineRun was gracefully stopped',
  missingResults: 'Results were missing',
  pipelineTimeout: 'PipelineRun timeout has been reached',
  tasksTimeout: 'PipelineRun Tasks timeout has been reached',
  finallyTimeout: 'PipelineRun Finally timeout has been reached',
} as const;

/** Why a task without a TaskRun is skipped, in upstream's order of reasons; undefined if it may still run. */
export const skipReason = traced('skipReason', (state: TaskState, facts: PipelineRunFacts): string | undefined =>
  state.final ? skipReasonOfFinal(state, facts) : skipReasonOfTask(state, facts),
);

const skipReasonOfTask = traced('skipReasonOfTask', (state: TaskState, facts: PipelineRunFacts): string | undefined => {
  if (isStopping(facts)) return SKIP.stopping;
  if (facts.specStatus === 'CancelledRunFinally') return SKIP.cancelled;
  if (facts.specStatus === 'StoppedRunFinally') return SKIP.stopped;
  const ready = parentsEnded(state, facts);
  const missing = ready ? missingResult(state, facts) : undefined;
  if (ready && missing === undefined && !allowedByWhen(state, facts)) return SKIP.when;
  const parents = (facts.graph.get(state.task.name) ?? []).map((name) => facts.byName.get(name));
  if (parents.some((parent) => parent?.outcome === 'skipped' && parent.skippedBecause !== SKIP.when))
    return SKIP.parent;
  if (!ready) return undefined;
  const skippedParent = parents.some((parent) => parent?.outcome === 'skipped');
  if (missing !== undefined && (skippedParent || state.task.onError === 'continue')) return SKIP.missingResults;
  if (facts.timedOut.pipeline) return SKIP.pipelineTimeout;
  return facts.timedOut.tasks ? SKIP.tasksTimeout : undefined;
});

const skipReasonOfFinal = traced(
  'skipReasonOfFinal',
  (state: TaskState, facts: PipelineRunFacts): string | undefined => {
    if (!parentsEnded(state, facts)) return undefined;
    if (missingResult(state, facts) !== undefined) return SKIP.missingResults;
    if (!allowedByWhen(state, facts)) return SKIP.when;
    if (facts.timedOut.pipeline) return SKIP.pipelineTimeout;
    return facts.timedOut.finally ? SKIP.finallyTimeout : undefined;
  },
);

const allowedByWhen = traced('allowedByWhen', (state: TaskState, facts: PipelineRunFacts): boolean =>
  whenAllows(applyTaskResults(state, facts).when),
);
