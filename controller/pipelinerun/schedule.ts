import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { PipelineRunContext } from './context.ts';
import { createTaskRun } from './create-task-run.ts';
import { isStopping, parentsEnded } from '../model/pipeline-run-facts.ts';
import type { PipelineRunFacts, TaskState } from '../model/pipeline-run-facts.ts';

/** The tasks that can start: their dependencies have ended, and they are not skipped. */
const dagExecutionQueue = traced('DAGExecutionQueue', (facts: PipelineRunFacts): TaskState[] =>
  facts.tasks.filter(
    (state) => state.outcome === 'waiting' && (state.final || !isStopping(facts)) && parentsEnded(state, facts),
  ),
);

/** Creates the TaskRuns of all tasks that can start. The first one of `finally` sets its start time. */
export const runNextSchedulableTask = traced(
  'runNextSchedulableTask',
  async (context: PipelineRunContext, run: PipelineRun, facts: PipelineRunFacts): Promise<void> => {
    const next = dagExecutionQueue(facts);
    if (next.some(({ final }) => final)) setFinallyStartedTimeIfNeeded(context, run);
    if (next.length > 0) await createTaskRuns(context, run, next, facts);
  },
);

const setFinallyStartedTimeIfNeeded = traced(
  'setFinallyStartedTimeIfNeeded',
  (context: PipelineRunContext, run: PipelineRun): void => {
    run.status = { ...run.status, finallyStartTime: run.status?.finallyStartTime ?? context.clock().toISOString() };
  },
);

const createTaskRuns = traced(
  'createTaskRuns',
  async (
    context: PipelineRunContext,
    run: PipelineRun,
    tasks: readonly TaskState[],
    facts: PipelineRunFacts,
  ): Promise<void> => {
    const created = await Promise.allSettled(tasks.map((state) => createTaskRun(context, run, state, facts)));
    created.forEach((result, index) => {
      if (result.status === 'fulfilled') markRunning(tasks[index], result.value);
    });
    const failed = created.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  },
);

const markRunning = traced('markRunning', (state: TaskState | undefined, taskRun: TaskRun): void => {
  if (state) Object.assign(state, { taskRun, outcome: 'running' });
});
