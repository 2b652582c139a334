import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { PIPELINES, resourcePath, TASKS } from '../../shared/kubernetes/resources.ts';
import { LABEL_PIPELINE } from '../../shared/tekton/annotations.ts';
import { childName } from '../../shared/tekton/names.ts';
import { isRefused } from '../model/refused.ts';
import { failIf, RunFailure } from '../model/run-failure.ts';
import { validateObjectName } from '../../shared/tekton/validation/names.ts';
import { describeErrors } from '../../shared/tekton/validation/validation-error.ts';
import { unsupportedInTask } from '../../shared/tekton/validation/unsupported.ts';
import type {
  Pipeline,
  PipelineRun,
  PipelineSpec,
  PipelineTask,
  Task,
  TaskRun,
  TaskSpec,
} from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { PipelineRunContext } from './context.ts';
import type { TaskState } from '../model/pipeline-run-facts.ts';

/** The Pipeline as of the run's start: from the status, embedded, or by name from the run's namespace. */
export const getPipelineData = traced(
  'getPipelineData',
  async (context: PipelineRunContext, run: PipelineRun): Promise<PipelineSpec> => {
    const { pipelineSpec, pipelineRef } = run.spec;
    if (run.status?.pipelineSpec) return run.status.pipelineSpec;
    if (pipelineSpec) return pipelineSpec;
    const { namespace, name: runName } = run.metadata;
    const name = pipelineRef?.name;
    if (!name)
      throw new RunFailure(
        'CouldntGetPipeline',
        `PipelineRun ${namespace}/${runName} has neither pipelineSpec nor a name in pipelineRef`,
      );
    const invalid = validateObjectName('spec.pipelineRef.name', name);
    failIf(
      'PipelineValidationFailed',
      invalid.length > 0,
      `PipelineRun ${namespace}/${runName} can't be run: ${describeErrors(invalid)}`,
    );
    try {
      return (await context.client.request<Pipeline>('GET', resourcePath(PIPELINES, { namespace, name }))).spec;
    } catch (error) {
      if (!isNotFound(error) && !isRefused(error)) throw error;
      const problem = isRefused(error) ? error.message : `pipelines.tekton.dev "${name}" not found`;
      const message = `Error retrieving pipeline for pipelinerun ${namespace}/${runName}: ${problem}`;
      throw new RunFailure('CouldntGetPipeline', message);
    }
  },
);

/** The name of the run's Pipeline: pipelineRef's, else generateName without its dash, else the run's. */
export const pipelineName = traced('pipelineName', ({ spec, metadata }: PipelineRun): string => {
  const generated = metadata.generateName?.replace(/[^a-zA-Z0-9]+$/, '');
  return metadata.labels?.[LABEL_PIPELINE] ?? spec.pipelineRef?.name ?? (generated || (metadata.name ?? ''));
});

/** Each task with its Task's spec, its TaskRun's name and its TaskRun, if it exists. */
export const resolvePipelineState = traced(
  'resolvePipelineState',
  async (
    context: PipelineRunContext,
    run: PipelineRun,
    spec: PipelineSpec,
    children: readonly TaskRun[],
  ): Promise<Omit<TaskState, 'outcome'>[]> => {
    const tasks = [
      ...(spec.tasks ?? []).map((task) => ({ task, final: false })),
      ...(spec.finally ?? []).map((task) => ({ task, final: true })),
    ];
    return Promise.all(
      tasks.map(async ({ task, final }) => {
        const known = run.status?.childReferences?.find(({ pipelineTaskName }) => pipelineTaskName === task.name);
        const taskRunName = known?.name ?? childName(run.metadata.name ?? '', `-${task.name}`);
        const taskRun = children.find(({ metadata }) => metadata.name === taskRunName);
        const taskSpec = task.taskSpec ?? taskRun?.status?.taskSpec ?? (await getTask(context, run, task));
        return { task, final, taskSpec, taskRunName, ...(taskRun ? { taskRun } : {}) };
      }),
    );
  },
);

const getTask = traced(
  'getTask',
  async (context: PipelineRunContext, run: PipelineRun, task: PipelineTask): Promise<TaskSpec> => {
    const { namespace, uid = '', name: runName } = run.metadata;
    const name = task.taskRef?.name ?? '';
    const known = context.taskSpecs.get(uid) ?? new Map<string, TaskSpec>();
    context.taskSpecs.set(uid, known);
    const seen = known.get(name);
    if (seen) return seen;
    const invalid = validateObjectName(`pipeline task ${task.name}: taskRef.name`, name);
    failIf(
      'PipelineValidationFailed',
      invalid.length > 0,
      `PipelineRun ${namespace}/${runName} can't be run: ${describeErrors(invalid)}`,
    );
    try {
      const { spec } = await context.client.request<Task>('GET', resourcePath(TASKS, { namespace, name }));
      const unsupported = unsupportedInTask(spec, `Task ${namespace}/${name} spec`);
      if (unsupported.length > 0) throw new RunFailure('PipelineValidationFailed', describeErrors(unsupported));
      known.set(name, spec);
      return spec;
    } catch (error) {
      if (!isNotFound(error) && !isRefused(error)) throw error;
      const problem = isRefused(error) ? error.message : `tasks.tekton.dev "${name}" not found`;
      const message = `Pipeline ${namespace}/${pipelineName(run)} can't be Run; it contains Tasks that don't exist: Couldn't retrieve Task "${name}": ${problem}`;
      throw new RunFailure(
        'CouldntGetTask',
        `${message} (PipelineRun ${namespace}/${runName}, pipeline task ${task.name})`,
      );
    }
  },
);
