import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { isRefused } from '../../shared/tekton/refused.ts';
import { RunFailure } from '../../shared/tekton/run-failure.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { PipelineRunContext } from './context.ts';
import { CANCELLED_MESSAGE, TIMED_OUT_MESSAGE } from '../../shared/tekton/pipeline-run-facts.ts';
import type { PipelineRunFacts, TaskState } from '../../shared/tekton/pipeline-run-facts.ts';
import { setCondition } from './status.ts';

type CancelContext = Pick<PipelineRunContext, 'client' | 'clock'>;

/** Asks for the cancellation of one TaskRun; one that is gone needs none. Throws RunFailure with reason `failure` when it is refused. */
const stopTaskRun = traced(
  'stopTaskRun',
  async (
    { client }: CancelContext,
    namespace: string | undefined,
    name: string,
    { statusMessage, failure }: { statusMessage: string; failure: string },
  ): Promise<void> => {
    const path = resourcePath(TASK_RUNS, { namespace, name });
    const body = { spec: { status: 'TaskRunCancelled', statusMessage } };
    try {
      await client.request('PATCH', path, { body, contentType: MERGE_PATCH });
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isRefused(error)) throw error;
      throw new RunFailure(failure, `TaskRun ${namespace}/${name} can't be told to stop: ${error.message}`);
    }
  },
);

const cancelTaskRun = traced(
  'cancelTaskRun',
  (context: CancelContext, namespace: string | undefined, name: string) =>
    stopTaskRun(context, namespace, name, { statusMessage: CANCELLED_MESSAGE, failure: 'PipelineRunCouldntCancel' }),
  (_context, namespace, taskrun) => ({ taskrun, ...(namespace ? { namespace } : {}) }),
);

const timeoutTaskRun = traced(
  'timeoutTaskRun',
  (context: CancelContext, namespace: string | undefined, name: string) =>
    stopTaskRun(context, namespace, name, { statusMessage: TIMED_OUT_MESSAGE, failure: 'PipelineRunCouldntTimeOut' }),
  (_context, namespace, taskrun) => ({ taskrun, ...(namespace ? { namespace } : {}) }),
);

/** Names of the TaskRuns that still run and were not told to stop. */
const runningTaskRuns = traced('runningTaskRuns', (tasks: readonly TaskState[]): string[] =>
  tasks
    .filter(({ outcome, taskRun }) => outcome === 'running' && taskRun?.spec.status !== 'TaskRunCancelled')
    .map(({ taskRunName }) => taskRunName),
);

/** The same of all TaskRuns there are, whatever the Pipeline says. */
export const runningChildren = traced('runningChildren', (children: readonly TaskRun[]): string[] =>
  children
    .filter((child) => !isDone(child) && child.spec.status !== 'TaskRunCancelled')
    .map(({ metadata }) => metadata.name ?? ''),
);

/** `spec.status: Cancelled`: all that runs is told to stop, and the run is over. */
export const cancelPipelineRun = traced(
  'cancelPipelineRun',
  async (context: CancelContext, run: PipelineRun, names: readonly string[]): Promise<void> => {
    await Promise.all(names.map((name) => cancelTaskRun(context, run.metadata.namespace, name)));
    setCondition(run, context.clock(), 'False', 'Cancelled', `PipelineRun "${run.metadata.name}" was cancelled`);
  },
);

/** `spec.status: CancelledRunFinally`: what runs is told to stop, then `finally` follows. */
export const gracefullyCancelPipelineRun = traced(
  'gracefullyCancelPipelineRun',
  async (context: CancelContext, run: PipelineRun, facts: PipelineRunFacts): Promise<void> => {
    const names = runningTaskRuns(facts.tasks.filter(({ final }) => !final));
    await Promise.all(names.map((name) => cancelTaskRun(context, run.metadata.namespace, name)));
  },
);

/** The pipeline's time is up: all that runs is told to stop. */
export const timeoutPipelineRun = traced(
  'timeoutPipelineRun',
  async (context: CancelContext, run: PipelineRun, names: readonly string[]): Promise<void> => {
    await Promise.all(names.map((name) => timeoutTaskRun(context, run.metadata.namespace, name)));
  },
);

/** The time of the tasks, or of `finally`, is up: what of it runs is told to stop. */
export const timeoutPipelineTasks = traced(
  'timeoutPipelineTasksForTaskNames',
  async (context: CancelContext, run: PipelineRun, facts: PipelineRunFacts, final: boolean): Promise<void> => {
    const names = runningTaskRuns(facts.tasks.filter((state) => state.final === final));
    await Promise.all(names.map((name) => timeoutTaskRun(context, run.metadata.namespace, name)));
  },
);
