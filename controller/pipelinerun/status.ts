import { isDeepStrictEqual } from 'node:util';

import { PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import { succeededCondition } from '../../shared/tekton/conditions.ts';
import { isRefused } from '../model/refused.ts';
import type {
  ChildReference,
  Condition,
  PipelineRun,
  PipelineRunStatus,
  SkippedTask,
  WhenExpression,
} from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { PipelineRunContext } from './context.ts';
import type { PipelineRunFacts, TaskState } from '../model/pipeline-run-facts.ts';
import { applyTaskResults } from './apply.ts';
import { SKIP } from './skip.ts';

/** Sets the run's condition. Its transition time changes with its status; a final status sets the completion time. */
export const setCondition = traced(
  'setCondition',
  (run: PipelineRun, now: Date, status: Condition['status'], reason: string, message: string): void => {
    const before = succeededCondition(run);
    const lastTransitionTime =
      before?.status === status && before.lastTransitionTime ? before.lastTransitionTime : now.toISOString();
    run.status = { ...run.status, conditions: [{ type: 'Succeeded', status, reason, message, lastTransitionTime }] };
    if (status !== 'Unknown') run.status.completionTime ??= now.toISOString();
  },
);

/** References to the existing TaskRuns, in the Pipeline's order. */
export const getChildReferences = traced('getChildReferences', (facts: PipelineRunFacts): ChildReference[] =>
  facts.tasks
    .filter(({ taskRun }) => taskRun !== undefined)
    .map((state) => ({ task: applyTaskResults(state, facts), taskRunName: state.taskRunName }))
    .map(({ task, taskRunName }) => ({
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      name: taskRunName,
      pipelineTaskName: task.name,
      ...(task.displayName ? { displayName: task.displayName } : {}),
      ...(task.when?.length ? { whenExpressions: task.when } : {}),
    })),
);

/** The when expressions that a skipped task has in the status: with the results' values, where they are why it was skipped. */
const skippedWhen = traced(
  'skippedWhen',
  (state: TaskState, reason: string, facts: PipelineRunFacts): WhenExpression[] => {
    const { when = [] } = state.task;
    if (reason === SKIP.when) return applyTaskResults(state, facts).when ?? [];
    return state.final ? [] : when;
  },
);

/** The skipped tasks, with upstream's reasons. */
export const getSkippedTasks = traced(
  'getSkippedTasks',
  (facts: PipelineRunFacts, recorded: readonly SkippedTask[] = []): SkippedTask[] =>
    facts.tasks
      .filter(({ outcome }) => outcome === 'skipped')
      .map((state) => {
        const { task, skippedBecause = '' } = state;
        // Upstream reports the latest reason; but later events are not why a task was skipped.
        const reason = recorded.find(({ name }) => name === task.name)?.reason ?? skippedBecause;
        const whenExpressions = skippedWhen(state, reason, facts);
        return { name: task.name, reason, ...(whenExpressions.length > 0 && { whenExpressions }) };
      }),
);

type StatusContext = Pick<PipelineRunContext, 'client' | 'written' | 'pipelineRuns'>;

/** As `updateStatus`. If the API server refuses the status, the run fails, with its previous status and a condition. */
export const updateStatusOrFail = traced(
  'updateStatusOrFail',
  async (
    context: StatusContext & Pick<PipelineRunContext, 'clock'>,
    run: PipelineRun,
    before: PipelineRunStatus | undefined,
  ): Promise<PipelineRun> => {
    try {
      return await updateStatus(context, run, before);
    } catch (error) {
      if (!isRefused(error)) throw error;
      const startTime = before?.startTime ?? run.status?.startTime;
      const failed = { ...run, status: { ...before, ...(startTime ? { startTime } : {}) } };
      setCondition(failed, context.clock(), 'False', 'Failed', `the run's status can't be written: ${error.message}`);
      return updateStatus(context, failed, before);
    }
  },
);

/** Writes the status if it differs from the store's. The resourceVersion prevents overwriting a newer one. */
export const updateStatus = traced(
  'updateStatus',
  async (
    { client, written, pipelineRuns }: StatusContext,
    run: PipelineRun,
    before: PipelineRunStatus | undefined,
  ): Promise<PipelineRun> => {
    // Compared as JSON, because the server sorts keys and drops undefined fields.
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(run.status ?? null)), before ?? null)) return run;
    const { namespace, name } = run.metadata;
    const path = resourcePath(PIPELINE_RUNS, { namespace, name, subresource: 'status' });
    const answer = await client.request<PipelineRun>('PUT', path, { body: run });
    written.note(answer, pipelineRuns.get(objectKey(answer.metadata)));
    return answer;
  },
);
