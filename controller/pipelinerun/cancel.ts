import { isNotFound, isOfAnother } from '../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { isRefused } from '../model/refused.ts';
import { RunFailure } from '../model/run-failure.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { isDone, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { PipelineRunContext } from './context.ts';
import { CANCELLED_MESSAGE, TIMED_OUT_MESSAGE } from '../model/pipeline-run-facts.ts';
import type { PipelineRunFacts, TaskState } from '../model/pipeline-run-facts.ts';
import { setCondition } from './status.ts';

type CancelContext = Pick<PipelineRunContext, 'client' | 'clock'>;

/** Cancels one TaskRun; does nothing if it was deleted. Throws RunFailure with reason `failure` if the API server refuses. */
const stopTaskRun = traced(
  'stopTaskRun',
  async (
    { client }: CancelContext,
    { metadata: { namespace, name, uid } }: TaskRun,
    { statusMessage, failure }: { statusMessage: string; failure: string },
  ): Promise<void> => {
    const path = resourcePath(TASK_RUNS, { namespace, name });
    const body = { metadata: { uid }, spec: { status: 'TaskRunCancelled', statusMessage } };
    try {
      await client.request('PATCH', path, { body, contentType: MERGE_PATCH });
    } catch (error) {
      if (isNotFound(error) || isOfAnother(error)) return;
      if (!isRefused(error)) throw error;
      throw new RunFailure(failure, `TaskRun ${namespace}/${name} can't be cancelled: ${error.message}`);
    }
  },
);

const attributesOf = traced('attributesOf', ({ metadata: { namespace, name = '' } }: TaskRun) => ({
  taskrun: name,
  ...(namespace ? { namespace } : {}),
}));

const cancelTaskRun = traced(
  'cancelTaskRun',
  (context: CancelContext, taskRun: TaskRun) =>
    stopTaskRun(context, taskRun, { statusMessage: CANCELLED_MESSAGE, failure: 'PipelineRunCouldntCancel' }),
  (_context, taskRun) => attributesOf(taskRun),
);

const timeoutTaskRun = traced(
  'timeoutTaskRun',
  (context: CancelContext, taskRun: TaskRun) =>
    stopTaskRun(context, taskRun, { statusMessage: TIMED_OUT_MESSAGE, failure: 'PipelineRunCouldntTimeOut' }),
  (_context, taskRun) => attributesOf(taskRun),
);

/** The running TaskRuns that are not cancelled yet. */
export const runningChildren = traced('runningChildren', (children: readonly TaskRun[]): TaskRun[] =>
  children.filter((child) => !isDone(child) && child.spec.status !== 'TaskRunCancelled'),
);

/** Those that belong to these tasks. */
const runningTaskRuns = traced('runningTaskRuns', (tasks: readonly TaskState[]): TaskRun[] =>
  runningChildren(tasks.map(({ taskRun }) => taskRun).filter((taskRun) => taskRun !== undefined)),
);

/** `spec.status: Cancelled`: cancels all running TaskRuns, and ends the run. */
export const cancelPipelineRun = traced(
  'cancelPipelineRun',
  async (context: CancelContext, run: PipelineRun, taskRuns: readonly TaskRun[]): Promise<void> => {
    await Promise.all(taskRuns.map((taskRun) => cancelTaskRun(context, taskRun)));
    setCondition(run, context.clock(), 'False', 'Cancelled', `PipelineRun "${run.metadata.name}" was cancelled`);
  },
);

/** `spec.status: CancelledRunFinally`: cancels all running TaskRuns; `finally` follows. */
export const gracefullyCancelPipelineRun = traced(
  'gracefullyCancelPipelineRun',
  async (context: CancelContext, facts: PipelineRunFacts): Promise<void> => {
    const taskRuns = runningTaskRuns(facts.tasks.filter(({ final }) => !final));
    await Promise.all(taskRuns.map((taskRun) => cancelTaskRun(context, taskRun)));
  },
);

/** The pipeline's timeout has passed: cancels all running TaskRuns. */
export const timeoutPipelineRun = traced(
  'timeoutPipelineRun',
  async (context: CancelContext, taskRuns: readonly TaskRun[]): Promise<void> => {
    await Promise.all(taskRuns.map((taskRun) => timeoutTaskRun(context, taskRun)));
  },
);

/**
 * Cancels TaskRuns that start after their run was cancelled or timed out: created just before, or by a leader that was stopped and continued
 * afterwards.
 */
export const stopLateTaskRuns = traced(
  'stopLateTaskRuns',
  async (
    context: Pick<PipelineRunContext, 'client' | 'clock' | 'log'>,
    run: PipelineRun,
    children: readonly TaskRun[],
  ): Promise<void> => {
    const reason = succeededCondition(run)?.reason;
    const late = runningChildren(children);
    try {
      if (reason === 'Cancelled') await Promise.all(late.map((taskRun) => cancelTaskRun(context, taskRun)));
      if (reason === 'PipelineRunTimeout') await timeoutPipelineRun(context, late);
    } catch (error) {
      if (!(error instanceof RunFailure)) throw error;
      context.log.warn('a TaskRun is still running although its run has ended', {
        pipelinerun: run.metadata.name,
        error,
      });
    }
  },
);

/** The timeout of the tasks, or of `finally`, has passed: cancels their running TaskRuns. */
export const timeoutPipelineTasksForTaskNames = traced(
  'timeoutPipelineTasksForTaskNames',
  async (context: CancelContext, facts: PipelineRunFacts, final: boolean): Promise<void> => {
    const taskRuns = runningTaskRuns(facts.tasks.filter((state) => state.final === final));
    await Promise.all(taskRuns.map((taskRun) => timeoutTaskRun(context, taskRun)));
  },
);
