import { buildGraph, findCycle } from '../graph.ts';
import type { PipelineSpec, PipelineTask } from '../types.ts';
import { validateDuration, validateLabelName, validateObjectName } from './names.ts';
import { validateParamSpecs, validateParams } from './params.ts';
import { pipelineReferenceErrors } from './pipeline-references.ts';
import type { PipelineGiven } from './pipeline-references.ts';
import { isOnError, validateTaskSpec } from './task.ts';
import { duplicateErrors } from './validation-error.ts';
import type { ValidationError } from './validation-error.ts';

/** Errors in the graph of a Pipeline's tasks (upstream's PipelineInvalidGraph): duplicate or unknown names, cycles. */
export function validateGraph(spec: PipelineSpec, path = 'spec'): ValidationError[] {
  const tasks = spec.tasks ?? [];
  const names = new Set(tasks.map(({ name }) => name));
  const errors = duplicateErrors(
    `${path}.tasks`,
    [...tasks, ...(spec.finally ?? [])].map(({ name }) => name),
  );
  tasks.forEach((task, index) => {
    task.runAfter?.forEach((parent, position) => {
      if (!names.has(parent))
        errors.push({ path: `${path}.tasks[${index}].runAfter[${position}]`, message: `there is no task "${parent}"` });
    });
  });
  const cycle = findCycle(buildGraph(tasks));
  if (cycle) errors.push({ path: `${path}.tasks`, message: `cycle detected: ${cycle.join(' → ')}` });
  return errors;
}

/** Errors in a Pipeline that its schema does not find, including its graph and references. `given`: the run's params and workspaces. */
export function validatePipelineSpec(spec: PipelineSpec, path = 'spec', given: PipelineGiven = {}): ValidationError[] {
  const errors = spec.tasks?.length ? [] : [{ path: `${path}.tasks`, message: 'at least one task is required' }];
  errors.push(...validateParamSpecs(`${path}.params`, spec.params));
  errors.push(
    ...duplicateErrors(
      `${path}.workspaces`,
      (spec.workspaces ?? []).map(({ name }) => name),
    ),
  );
  errors.push(
    ...duplicateErrors(
      `${path}.results`,
      (spec.results ?? []).map(({ name }) => name),
    ),
  );
  errors.push(...validateGraph(spec, path));
  for (const section of ['tasks', 'finally'] as const) {
    spec[section]?.forEach((task, index) =>
      errors.push(...validatePipelineTask(task, `${path}.${section}[${index}]`, spec, section, given)),
    );
  }
  return [...errors, ...pipelineReferenceErrors(spec, path, given)];
}

function validatePipelineTask(
  task: PipelineTask,
  path: string,
  spec: PipelineSpec,
  section: 'tasks' | 'finally',
  given: PipelineGiven,
): ValidationError[] {
  return [
    ...validateLabelName(`${path}.name`, task.name),
    ...validateDuration(`${path}.timeout`, task.timeout),
    ...validateParams(`${path}.params`, task.params),
    ...validateWhat(task, path),
    ...validateWhen(task, path),
    ...validateWorkspaces(task, path, [...(spec.workspaces ?? []), ...(given.workspaces ?? [])]),
    ...(task.taskSpec ? validateTaskSpec(task.taskSpec, `${path}.taskSpec`) : []),
    ...(section === 'finally' && task.runAfter?.length
      ? [{ path: `${path}.runAfter`, message: 'tasks in finally all start together' }]
      : []),
  ];
}

function validateWhat(task: PipelineTask, path: string): ValidationError[] {
  const errors = validateObjectName(`${path}.taskRef.name`, task.taskRef?.name);
  const given = (['taskRef', 'taskSpec', 'pipelineRef', 'pipelineSpec'] as const).filter(
    (key) => (task as unknown as Record<string, unknown>)[key] != null,
  );
  if (given.length !== 1) errors.push({ path, message: 'a task has either taskRef or taskSpec' });
  if (task.taskRef && !task.taskRef.name && !task.taskRef.resolver)
    errors.push({ path: `${path}.taskRef.name`, message: 'a name is required' });
  if (task.retries !== undefined && !(Number.isInteger(task.retries) && task.retries >= 0))
    errors.push({ path: `${path}.retries`, message: 'must be a whole number that is not negative' });
  if (!isOnError(task.onError)) {
    errors.push({ path: `${path}.onError`, message: `"${task.onError}" is not continue or stopAndFail` });
  }
  return errors;
}

function validateWhen({ when = [] }: PipelineTask, path: string): ValidationError[] {
  return when.flatMap(({ operator, values, cel }, index): ValidationError[] => {
    if (cel !== undefined) return [];
    const at = `${path}.when[${index}]`;
    if (operator !== 'in' && operator !== 'notin')
      return [{ path: `${at}.operator`, message: `"${operator ?? ''}" is not in or notin` }];
    return values?.length ? [] : [{ path: `${at}.values`, message: 'at least one value is required' }];
  });
}

function validateWorkspaces(
  { workspaces = [] }: PipelineTask,
  path: string,
  known: readonly { name: string }[],
): ValidationError[] {
  const declared = new Set(known.map(({ name }) => name));
  const errors = duplicateErrors(
    `${path}.workspaces`,
    workspaces.map(({ name }) => name),
  );
  workspaces.forEach(({ name, workspace = name }, index) => {
    if (!declared.has(workspace))
      errors.push({
        path: `${path}.workspaces[${index}].workspace`,
        message: `the Pipeline does not declare the workspace "${workspace}"`,
      });
  });
  return errors;
}
