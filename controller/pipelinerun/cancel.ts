import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { PipelineRunContext } from './context.ts';
import { CANCELLED_MESSAGE, TIMED_OUT_MESSAGE } from '../../shared/tekton/pipeline-run-facts.ts';
import type { PipelineRunFacts, TaskState } from '../../shared/tekton/pipeline-run-facts.ts';
import { setCondition } from './status.ts';

type CancelContext = Pick<PipelineRunContext, 'client' | 'clock'>;

/** Asks for the cancellation of one TaskRun; one that is gone needs none. */
const stopTaskRun = traced(
  'stopTaskRun',
  async (
    { client }: CancelContext,
    namespace: string | undefined,
    name: string,
    statusMessage: string,
  ): Promise<void> => {
    const path = resourcePath(TASK_RUNS, { namespace, name });
    const body = { spec: { status: 'TaskRunCancelled', statusMessage } };
    try {
      await client.request('PATCH', path, { body, contentType: MERGE_PATCH });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  },
);

const cancelTaskRun = traced(
  'cancelTaskRun',
  (context: CancelContext, namespace: string | undefined, name: string) =>
    stopTaskRun(context, namespace, name, CANCELLED_MESSAGE),
  (_context, namespace, taskrun) => ({ taskrun, ...(namespace ? { namespace } : {}) }),
);

const timeoutTaskRun = traced(
  'timeoutTaskRun',
  (context: CancelContext, namespace: string | undefined, name: string) =>
    stopTaskRun(context, namespace, name, TIMED_OUT_MESSAGE),
  (_context, namespace, taskrun) => ({ taskrun, ...(namespace ? { namespace } : {}) }),
);

/** Names of the TaskRuns that still run and were not told to stop. */
const runningTaskRuns = traced('runningTaskRuns', (tasks: readonly TaskState[]): string[] =>
  tasks
    .filter(({ outcome, taskRun }) => outcome === 'running' && taskRun?.spec.status !== 'TaskRunCancelled')
    .map(({ taskRunName }) => taskRunName),
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
  async (context: CancelContext, run: PipelineRun, facts: PipelineRunFacts): Promise<void> => {
    await Promise.all(
      runningTaskRuns(facts.tasks).map((name) => timeoutTaskRun(context, run.metadata.namespace, name)),
    );
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
