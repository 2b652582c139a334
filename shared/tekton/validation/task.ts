import { allReferences } from '../result-references.ts';
import type { Param, TaskSpec } from '../types.ts';
import { validateDuration, validateLabelName, validateParamName } from './names.ts';
import { validateParamSpecs } from './params.ts';
import { duplicateErrors } from './validation-error.ts';
import type { ValidationError } from './validation-error.ts';

/** What a Task's references may name beside its own declarations: what the run or pipeline task gives it. */
export interface TaskScope {
  params?: readonly Param[];
  workspaces?: readonly string[];
}

/** What is wrong with a Task beyond its schema. With `scope` its references are checked as well. */
export function validateTaskSpec(spec: TaskSpec, path = 'spec', scope?: TaskScope): ValidationError[] {
  return [
    ...validateSteps(spec, path),
    ...validateParamSpecs(`${path}.params`, spec.params),
    ...validateResults(spec, path),
    ...validateWorkspaceDeclarations(spec, path),
    ...(scope ? validateReferences(spec, path, scope) : []),
  ];
}

function validateSteps({ steps = [], sidecars = [], stepTemplate }: TaskSpec, path: string): ValidationError[] {
  const errors = steps.length === 0 ? [{ path: `${path}.steps`, message: 'at least one step is required' }] : [];
  errors.push(
    ...duplicateErrors(
      `${path}.steps`,
      steps.map(({ name }) => name),
    ),
  );
  errors.push(
    ...duplicateErrors(
      `${path}.sidecars`,
      sidecars.map(({ name }) => name),
    ),
  );
  steps.forEach((step, index) => {
    const at = `${path}.steps[${index}]`;
    if (step.name) errors.push(...validateLabelName(`${at}.name`, step.name));
    errors.push(...validateDuration(`${at}.timeout`, step.timeout));
    if (!step.image && !stepTemplate?.image && !('ref' in step))
      errors.push({ path: `${at}.image`, message: 'an image is required' });
    if (step.script && step.command?.length)
      errors.push({ path: `${at}.script`, message: 'a step has a script or a command, not both' });
    if (step.onError !== undefined && !['continue', 'stopAndFail'].includes(step.onError)) {
      errors.push({ path: `${at}.onError`, message: `"${step.onError}" is not continue or stopAndFail` });
    }
  });
  return errors;
}

function validateResults({ results = [] }: TaskSpec, path: string): ValidationError[] {
  return [
    ...duplicateErrors(
      `${path}.results`,
      results.map(({ name }) => name),
    ),
    ...results.flatMap(({ name }, index) => validateParamName(`${path}.results[${index}].name`, name)),
  ];
}

function validateWorkspaceDeclarations({ workspaces = [] }: TaskSpec, path: string): ValidationError[] {
  return duplicateErrors(
    `${path}.workspaces`,
    workspaces.map(({ name }) => name),
  );
}

const PARAM = /^params(?:\.([^.[\]]+)|\["([^"]+)"\]|\['([^']+)'\])/;

/** The param that a reference names; undefined when it names something else. */
export function paramOf(reference: string): string | undefined {
  const match = PARAM.exec(reference);
  return match ? (match[1] ?? match[2] ?? match[3]) : undefined;
}

function validateReferences(
  spec: TaskSpec,
  path: string,
  { params = [], workspaces = [] }: TaskScope,
): ValidationError[] {
  const known = {
    param: new Set([...(spec.params ?? []), ...params].map(({ name }) => name)),
    workspace: new Set([...(spec.workspaces ?? []).map(({ name }) => name), ...workspaces]),
    result: new Set((spec.results ?? []).map(({ name }) => name)),
  };
  const errors: ValidationError[] = [];
  (spec.steps ?? []).forEach((step, index) => {
    for (const reference of new Set(allReferences(step))) {
      const [kind, name] = namedBy(reference);
      if (kind === undefined || name === undefined || known[kind].has(name)) continue;
      errors.push({
        path: `${path}.steps[${index}]`,
        message: `$(${reference}) names the ${kind} "${name}", which is not declared`,
      });
    }
  });
  return errors;
}

function namedBy(reference: string): ['param' | 'workspace' | 'result', string] | [undefined, undefined] {
  const param = paramOf(reference);
  if (param !== undefined) return ['param', param];
  const [, group, name] = /^(workspaces|results)\.([^.]+)\.(?:path|bound|claim|volume)$/.exec(reference) ?? [];
  if (group === undefined || name === undefined) return [undefined, undefined];
  return [group === 'workspaces' ? 'workspace' : 'result', name];
}
