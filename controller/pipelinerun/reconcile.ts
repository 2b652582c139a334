import { runFailureOf } from '../model/run-failure.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { applyParameters, applyParametersToWorkspaceBindings } from './apply.ts';
import {
  cancelPipelineRun,
  gracefullyCancelPipelineRun,
  runningChildren,
  timeoutPipelineRun,
  timeoutPipelineTasksForTaskNames,
} from './cancel.ts';
import { getPipelineConditionStatus, pipelineTimeoutCondition } from './condition.ts';
import type { PipelineRunContext } from './context.ts';
import type { PipelineRunFacts } from '../model/pipeline-run-facts.ts';
import { propagatePipelineNameLabelToPipelineRun } from './pipeline-label.ts';
import { getPipelineData, resolvePipelineState } from './resolve.ts';
import { applyTaskResultsToPipelineResults } from './results.ts';
import { runNextSchedulableTask } from './schedule.ts';
import { buildFacts } from './state.ts';
import { getChildReferences, getSkippedTasks, setCondition } from './status.ts';
import { timedOutAt } from '../model/pipeline-run-timeouts.ts';
import { validateRunSpec, validatePipelineRun, validateResolvedTasks } from './validate.ts';
import { createPersistentVolumeClaims } from './workspaces.ts';

/**
 * Reconciles a run that is not done, and sets `run.status`. `run` is a copy; `children` are the TaskRuns that it owns. A final error fails the run.
 * A repeated error does not keep it beyond its timeout. Any other error is thrown, and the run is requeued.
 */
export const reconcile = traced(
  'reconcile',
  async (context: PipelineRunContext, run: PipelineRun, children: readonly TaskRun[]): Promise<void> => {
    const now = context.clock();
    try {
      if (run.spec.status === 'PipelineRunPending')
        setCondition(run, now, 'Unknown', 'PipelineRunPending', `PipelineRun "${run.metadata.name}" is pending`);
      else if (run.spec.status === 'Cancelled') await cancelPipelineRun(context, run, runningChildren(children));
      else await advance(context, run, children);
    } catch (error) {
      const failure = runFailureOf(error, 'PipelineValidationFailed');
      if (failure) setCondition(run, context.clock(), 'False', failure.reason, failure.message);
      else if (run.spec.status !== 'Cancelled' && timedOutAt(run, context.clock()).pipeline)
        await endInTime(context, run, children);
      else throw error;
    }
  },
);

const endInTime = traced(
  'endInTime',
  async (context: PipelineRunContext, run: PipelineRun, children: readonly TaskRun[]): Promise<void> => {
    await timeoutPipelineRun(context, runningChildren(children));
    const { status, reason, message } = pipelineTimeoutCondition(run);
    setCondition(run, context.clock(), status, reason, message);
  },
);

/** The flow of one reconcile: resolve, validate, cancel TaskRuns, create TaskRuns, set the condition. */
const advance = traced(
  'advance',
  async (context: PipelineRunContext, run: PipelineRun, children: readonly TaskRun[]): Promise<void> => {
    validateRunSpec(run);
    await propagatePipelineNameLabelToPipelineRun(context, run);
    const pipeline = await getPipelineData(context, run);
    if (!run.status?.pipelineSpec) validatePipelineRun(run, pipeline);
    const spec = run.status?.pipelineSpec ?? applyParameters(run, pipeline);
    if (run.spec.workspaces) run.spec = { ...run.spec, workspaces: applyParametersToWorkspaceBindings(run, spec) };
    const tasks = await resolvePipelineState(context, run, spec, children);
    const timedOut = timedOutAt(run, context.clock());
    const facts = buildFacts(tasks, { timedOut, ...(run.spec.status ? { specStatus: run.spec.status } : {}) });
    if (children.length === 0) {
      validateResolvedTasks(run, spec, tasks);
      await createPersistentVolumeClaims(context, run);
    }
    run.status = { ...run.status, pipelineSpec: spec };

    if (run.spec.status === 'CancelledRunFinally') await gracefullyCancelPipelineRun(context, facts);
    if (timedOut.pipeline) await timeoutPipelineRun(context, runningChildren(children));
    else if (timedOut.tasks) await timeoutPipelineTasksForTaskNames(context, facts, false);
    if (timedOut.finally) await timeoutPipelineTasksForTaskNames(context, facts, true);
    try {
      await runNextSchedulableTask(context, run, facts);
    } finally {
      run.status = {
        ...run.status,
        childReferences: getChildReferences(facts),
        skippedTasks: getSkippedTasks(facts, run.status.skippedTasks),
      };
    }
    conclude(context, run, facts);
  },
);

/** Sets the run's condition and, at its end, its results. */
const conclude = traced('conclude', (context: PipelineRunContext, run: PipelineRun, facts: PipelineRunFacts): void => {
  const { status, reason, message } = getPipelineConditionStatus(run, facts);
  setCondition(run, context.clock(), status, reason, message);
  if (status === 'Unknown') return;
  const { results, invalid } = applyTaskResultsToPipelineResults(run.status?.pipelineSpec?.results ?? [], facts);
  if (results.length > 0) run.status = { ...run.status, results };
  if (invalid.length === 0) return;
  const problem = `invalid pipelineresults ${invalid.join(', ')}, the referenced results don't exist`;
  const failure = `Failed to get PipelineResult from TaskRun Results for PipelineRun ${run.metadata.name}: ${problem}`;
  setCondition(run, context.clock(), 'False', 'CouldntGetPipelineResult', failure);
});
