import { buildGraph, findCycle } from '../graph.ts';
import { resultReferences, resultsUsedBy } from '../result-references.ts';
import type { PipelineSpec, PipelineTask } from '../types.ts';
import { validateDuration, validateLabelName, validateObjectName } from './names.ts';
import { validateParamSpecs, validateParams } from './params.ts';
import { validateTaskSpec } from './task.ts';
import { duplicateErrors } from './validation-error.ts';
import type { ValidationError } from './validation-error.ts';

/** What is wrong with the order of a Pipeline's tasks (upstream's PipelineInvalidGraph): a name twice, an unknown one, a cycle. */
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

/** What is wrong with a Pipeline beyond its schema, its graph included. */
export function validatePipelineSpec(spec: PipelineSpec, path = 'spec'): ValidationError[] {
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
      errors.push(...validatePipelineTask(task, `${path}.${section}[${index}]`, spec, section)),
    );
  }
  spec.results?.forEach(({ name, value }, index) => {
    for (const { section, pipelineTask } of resultReferences([value])) {
      if (spec[section]?.some((task) => task.name === pipelineTask)) continue;
      errors.push({
        path: `${path}.results[${index}].value`,
        message: `result ${name} refers to ${section} "${pipelineTask}", which does not exist`,
      });
    }
  });
  return errors;
}

function validatePipelineTask(
  task: PipelineTask,
  path: string,
  spec: PipelineSpec,
  section: 'tasks' | 'finally',
): ValidationError[] {
  return [
    ...validateLabelName(`${path}.name`, task.name),
    ...validateDuration(`${path}.timeout`, task.timeout),
    ...validateParams(`${path}.params`, task.params),
    ...validateWhat(task, path),
    ...validateWhen(task, path),
    ...validateWorkspaces(task, path, spec),
    ...validateUsedResults(task, path, spec),
    ...(task.taskSpec ? validateTaskSpec(task.taskSpec, `${path}.taskSpec`) : []),
    ...(section === 'finally' && task.runAfter?.length
      ? [{ path: `${path}.runAfter`, message: 'tasks in finally all start together' }]
      : []),
  ];
}

function validateWhat(task: PipelineTask, path: string): ValidationError[] {
  const errors = validateObjectName(`${path}.taskRef.name`, task.taskRef?.name);
  const given = Object.keys(task).filter((key) => ['taskRef', 'taskSpec', 'pipelineRef', 'pipelineSpec'].includes(key));
  if (given.length !== 1) errors.push({ path, message: 'a task has either taskRef or taskSpec' });
  if (task.taskRef && !task.taskRef.name && !task.taskRef.resolver)
    errors.push({ path: `${path}.taskRef.name`, message: 'a name is required' });
  if (task.retries !== undefined && task.retries < 0)
    errors.push({ path: `${path}.retries`, message: 'must not be negative' });
  if (task.onError !== undefined && !['continue', 'stopAndFail'].includes(task.onError)) {
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

function validateWorkspaces({ workspaces = [] }: PipelineTask, path: string, spec: PipelineSpec): ValidationError[] {
  const declared = new Set((spec.workspaces ?? []).map(({ name }) => name));
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

function validateUsedResults(task: PipelineTask, path: string, spec: PipelineSpec): ValidationError[] {
  return resultsUsedBy(task).flatMap(({ reference, pipelineTask, result, section }) => {
    const source = spec.tasks?.find(({ name }) => name === pipelineTask);
    if (!source || section === 'finally')
      return [{ path, message: `$(${reference}) names the task "${pipelineTask}", which does not exist` }];
    if (!source.taskSpec || source.taskSpec.results?.some(({ name }) => name === result)) return [];
    return [{ path, message: `$(${reference}): "${result}" is not a result of the task "${pipelineTask}"` }];
  });
}
