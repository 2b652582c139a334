import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { Pipeline, PipelineRun, Task, TaskRun } from '../../shared/tekton/types.ts';
import {
  validatePipelineRun,
  validatePipelineRunAgainst,
  validateTaskRun,
  validateTaskRunAgainst,
} from '../../shared/tekton/validation/run.ts';
import type { ValidationError } from '../../shared/tekton/validation/validation-error.ts';
import { CommandError } from '../errors.ts';
import { printable } from '../waterfall/display-width.ts';

function named<T extends KubeObject>(objects: KubeObject[], kind: string, name: string | undefined): T | undefined {
  return objects.find((object) => object.kind === kind && object.metadata.name === name) as T | undefined;
}

function pipelineRunErrors(run: PipelineRun, objects: KubeObject[]): ValidationError[] {
  const pipeline = run.spec.pipelineSpec ?? named<Pipeline>(objects, 'Pipeline', run.spec.pipelineRef?.name)?.spec;
  return [...validatePipelineRun(run), ...(pipeline ? validatePipelineRunAgainst(run, pipeline) : [])];
}

function taskRunErrors(run: TaskRun, objects: KubeObject[]): ValidationError[] {
  const task = run.spec.taskSpec ?? named<Task>(objects, 'Task', run.spec.taskRef?.name)?.spec;
  return [...validateTaskRun(run), ...(task ? validateTaskRunAgainst(run, task) : [])];
}

/**
 * Throws CommandError with the path of everything for which the drive controllers would fail the run, so that it is told before anything
 * is started. `run` has passed its schema; `objects` are those that are created along with it.
 */
export function validateRun(run: PipelineRun | TaskRun, objects: KubeObject[]): void {
  const errors = run.kind === 'PipelineRun' ? pipelineRunErrors(run, objects) : taskRunErrors(run, objects);
  if (errors.length === 0) return;
  const name = run.metadata.name ?? run.metadata.generateName ?? '';
  const lines = errors.map(({ path, message }) => printable(`${path}: ${message}`));
  throw new CommandError(`${run.kind} ${name} can't be run:\n  ${lines.join('\n  ')}`);
}
