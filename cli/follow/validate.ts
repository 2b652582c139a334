import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { Pipeline, PipelineRun, PipelineTask, Task, TaskRun } from '../../shared/tekton/types.ts';
import { validatePipelineSpec } from '../../shared/tekton/validation/pipeline.ts';
import {
  validatePipelineRun,
  validatePipelineRunAgainst,
  validateTaskRun,
  validateTaskRunAgainst,
} from '../../shared/tekton/validation/run.ts';
import { validateTaskSpec } from '../../shared/tekton/validation/task.ts';
import { unsupportedInPipeline, unsupportedInTask } from '../../shared/tekton/validation/unsupported.ts';
import { convertTekton, V1, V1BETA1 } from '../v1beta1/convert.ts';
import { fieldPathInV1beta1 } from '../v1beta1/field-path.ts';
import type { ValidationError } from '../../shared/tekton/validation/validation-error.ts';
import { CommandError } from '../errors.ts';
import { describe } from './describe.ts';
import { printable } from '../waterfall/display-width.ts';

function named<T extends KubeObject>(objects: KubeObject[], kind: string, name: string | undefined): T | undefined {
  return objects.find((object) => object.kind === kind && object.metadata.name === name) as T | undefined;
}

function pipelineRunErrors(run: PipelineRun, objects: KubeObject[]): ValidationError[] {
  const { pipelineSpec, pipelineRef } = run.spec;
  const pipeline = pipelineSpec ?? named<Pipeline>(objects, 'Pipeline', pipelineRef?.name)?.spec;
  if (!pipeline) return validatePipelineRun(run);
  const path = `Pipeline ${pipelineRef?.name}: spec`;
  return [
    ...validatePipelineRun(run),
    ...validatePipelineRunAgainst(run, pipeline),
    ...(pipelineSpec
      ? []
      : [...unsupportedInPipeline(pipeline, path), ...validatePipelineSpec(pipeline, path, run.spec)]),
    ...[...(pipeline.tasks ?? []), ...(pipeline.finally ?? [])].flatMap((task) => taskErrors(task, objects)),
  ];
}

function taskRunErrors(run: TaskRun, objects: KubeObject[]): ValidationError[] {
  const task = run.spec.taskSpec ?? named<Task>(objects, 'Task', run.spec.taskRef?.name)?.spec;
  return [
    ...validateTaskRun(run),
    ...(task ? validateTaskRunAgainst(run, task) : []),
    ...taskErrors(run.spec, objects),
  ];
}

/** Errors of the Task that a TaskRun or pipeline task refers to, with its params and workspaces. */
function taskErrors(
  { taskRef, params = [], workspaces = [] }: Pick<PipelineTask, 'taskRef' | 'params' | 'workspaces'>,
  objects: KubeObject[],
): ValidationError[] {
  const task = named<Task>(objects, 'Task', taskRef?.name);
  if (!task) return [];
  const path = `Task ${taskRef?.name}: spec`;
  return [
    ...unsupportedInTask(task.spec, path),
    ...validateTaskSpec(task.spec, path, { params, workspaces: workspaces.map(({ name }) => name) }),
  ];
}

/** The object in the version that the controllers read. */
function inV1<T extends KubeObject>(object: T): T {
  const { apiVersion, kind } = object;
  return apiVersion !== V1BETA1 || kind === undefined ? object : convertTekton({ ...object, apiVersion, kind }, V1);
}

/** The path in the API version of the file: of the run, or of the Pipeline or Task in the path. */
function pathFor(run: PipelineRun | TaskRun, objects: KubeObject[], path: string): string {
  const [, kind, name, rest = ''] = /^(Pipeline|Task) (\S+): (.*)$/.exec(path) ?? [];
  if (kind === undefined)
    return run.apiVersion === V1BETA1 ? fieldPathInV1beta1(run.kind ?? '', path, 'timeout' in run.spec) : path;
  const isOld = named(objects, kind, name)?.apiVersion === V1BETA1;
  return isOld ? `${kind} ${name}: ${fieldPathInV1beta1(kind, rest)}` : path;
}

/**
 * Throws CommandError with the path of each error for which the drive controllers would fail the run, before anything is started. `run` has
 * passed its schema and was read at `where`; `objects` are created with it.
 */
export function validateRun(run: PipelineRun | TaskRun, objects: KubeObject[], where?: string): void {
  const [stable, known] = [inV1(run), objects.map(inV1)];
  const errors = stable.kind === 'PipelineRun' ? pipelineRunErrors(stable, known) : taskRunErrors(stable, known);
  if (errors.length === 0) return;
  const lines = errors.map(({ path, message }) => printable(`${pathFor(run, objects, path)}: ${message}`));
  throw new CommandError(`${describe(run, where)} can't be run:\n  ${lines.join('\n  ')}`);
}
