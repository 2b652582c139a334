import { isAlreadyExists, isRejected } from '../../shared/kubernetes/errors.ts';
import { resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { isRefused } from '../model/refused.ts';
import { RunFailure } from '../model/run-failure.ts';
import type { PipelineRun, PipelineTask, TaskRun, TaskRunSpec, TaskSpec } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { applyTaskResults } from './apply.ts';
import type { PipelineRunContext } from './context.ts';
import type { PipelineRunFacts, TaskState } from '../model/pipeline-run-facts.ts';
import { createChildResourceAnnotations, createChildResourceLabels } from './metadata.ts';
import { ownerReference } from './owner-reference.ts';
import { resultReplacements } from './results.ts';
import { taskRunTimeout } from './task-run-timeout.ts';
import { getTaskrunWorkspaces } from './workspaces.ts';

/** The TaskRun of a task that can start, with references to other tasks' results and states replaced. */
export const buildTaskRun = traced(
  'buildTaskRun',
  (run: PipelineRun, state: TaskState, facts: PipelineRunFacts): TaskRun => {
    const task = applyTaskResults(state, facts);
    const override = run.spec.taskRunSpecs?.find(({ pipelineTaskName }) => pipelineTaskName === task.name);
    const { serviceAccountName, podTemplate } = { ...run.spec.taskRunTemplate };
    const pod = override?.podTemplate ? { ...podTemplate, ...override.podTemplate } : podTemplate;
    const timeout = taskRunTimeout(run, { own: task.timeout, final: state.final, override: override?.timeout });
    const workspaces = getTaskrunWorkspaces(run, task, state.taskSpec, resultReplacements(facts));
    const spec: TaskRunSpec = {
      ...(task.taskSpec ? { taskSpec: embeddedTaskSpec(task) } : { taskRef: task.taskRef }),
      ...(task.params?.length ? { params: task.params } : {}),
      ...(workspaces.length > 0 ? { workspaces } : {}),
      ...(task.retries ? { retries: task.retries } : {}),
      ...(timeout === undefined ? {} : { timeout }),
      ...((override?.serviceAccountName ?? serviceAccountName)
        ? { serviceAccountName: override?.serviceAccountName ?? serviceAccountName }
        : {}),
      ...(pod ? { podTemplate: pod } : {}),
      ...(run.spec.managedBy ? { managedBy: run.spec.managedBy } : {}),
    };
    return {
      apiVersion: 'tekton.dev/v1',
      kind: 'TaskRun',
      metadata: {
        name: state.taskRunName,
        namespace: run.metadata.namespace,
        labels: createChildResourceLabels(run, state),
        annotations: createChildResourceAnnotations(run, task, override),
        ownerReferences: [ownerReference(run)],
      },
      spec,
    };
  },
);

/** An embedded task's spec without the fields that only a Pipeline allows. Upstream's defaulting adds two of them: `metadata: {}` and `spec: null`. */
const embeddedTaskSpec = traced('embeddedTaskSpec', ({ taskSpec }: PipelineTask): TaskSpec => {
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, spec: _spec, ...rest } = taskSpec ?? {};
  return rest;
});

/**
 * Creates the TaskRun, or returns the one of that name that this run created before. Throws RunFailure if that one has another owner, or if
 * the API server refuses the TaskRun.
 */
export const createTaskRun = traced(
  'createTaskRun',
  async (
    context: PipelineRunContext,
    run: PipelineRun,
    state: TaskState,
    facts: PipelineRunFacts,
  ): Promise<TaskRun> => {
    const taskRun = buildTaskRun(run, state, facts);
    const { namespace, uid = '' } = run.metadata;
    context.created.note(uid, state.taskRunName);
    try {
      return await context.client.request<TaskRun>('POST', resourcePath(TASK_RUNS, { namespace }), { body: taskRun });
    } catch (error) {
      if (isAlreadyExists(error)) return adoptTaskRun(context, run, state.taskRunName);
      if (isRejected(error)) context.created.forget(uid, state.taskRunName);
      if (!isRefused(error)) throw error;
      throw new RunFailure('CreateRunFailed', error.message);
    }
  },
);

/** The TaskRun that an earlier reconcile created and that is not in the store yet. */
const adoptTaskRun = traced(
  'adoptTaskRun',
  async (context: PipelineRunContext, run: PipelineRun, name: string): Promise<TaskRun> => {
    const { namespace, uid } = run.metadata;
    const existing = await context.client.request<TaskRun>('GET', resourcePath(TASK_RUNS, { namespace, name }));
    if (existing.metadata.ownerReferences?.some((owner) => owner.uid === uid)) return existing;
    const message = `TaskRun ${namespace}/${name} exists already and belongs to another owner: delete it, or give the PipelineRun another name`;
    throw new RunFailure('CreateRunFailed', message);
  },
);
