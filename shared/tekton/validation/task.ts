import type { TaskSpec } from '../types.ts';
import { validateDuration, validateLabelName, validateParamName } from './names.ts';
import { validateParamSpecs } from './params.ts';
import { taskReferenceErrors } from './references.ts';
import type { TaskScope } from './references.ts';
import { duplicateErrors } from './validation-error.ts';
import type { ValidationError } from './validation-error.ts';

/** Errors in a Task that its schema does not find. With `scope` its references are checked, too. */
export function validateTaskSpec(spec: TaskSpec, path = 'spec', scope?: TaskScope): ValidationError[] {
  return [
    ...validateSteps(spec, path),
    ...validateParamSpecs(`${path}.params`, spec.params),
    ...validateResults(spec, path),
    ...validateWorkspaceDeclarations(spec, path),
    ...(scope ? taskReferenceErrors(spec, path, scope) : []),
  ];
}

/** Each step has a mount for each other one, so a Pod with more would be larger than an API server takes, by far, and fill the memory before. */
const MAX_STEPS = 500;

function validateSteps({ steps = [], sidecars = [], stepTemplate }: TaskSpec, path: string): ValidationError[] {
  const errors = steps.length === 0 ? [{ path: `${path}.steps`, message: 'at least one step is required' }] : [];
  if (steps.length > MAX_STEPS)
    errors.push({
      path: `${path}.steps`,
      message: `a Pod has no room for ${steps.length} steps, ${MAX_STEPS} at most`,
    });
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
  errors.push(...unnamedSidecars(sidecars, path));
  steps.forEach((step, index) => {
    const at = `${path}.steps[${index}]`;
    if (step.name) errors.push(...validateLabelName(`${at}.name`, step.name));
    errors.push(...validateDuration(`${at}.timeout`, step.timeout));
    if (!step.image && !stepTemplate?.image && !('ref' in step))
      errors.push({ path: `${at}.image`, message: 'an image is required' });
    if (step.script && step.command?.length)
      errors.push({ path: `${at}.script`, message: 'a step has a script or a command, not both' });
    if (!isOnError(step.onError)) {
      errors.push({ path: `${at}.onError`, message: `"${step.onError}" is not continue or stopAndFail` });
    }
  });
  return errors;
}

/** Errors for several sidecars without a name: each container would have the name `sidecar`, and the Pod would be refused. */
function unnamedSidecars(sidecars: NonNullable<TaskSpec['sidecars']>, path: string): ValidationError[] {
  const unnamed = sidecars.flatMap(({ name }, index) => (name ? [] : [index]));
  return unnamed
    .slice(1)
    .map((index) => ({ path: `${path}.sidecars[${index}].name`, message: 'only one sidecar can be without a name' }));
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

/** Whether `onError` is `continue`, `stopAndFail`, or a reference to a param with one of them. */
export function isOnError(onError: string | undefined): boolean {
  return onError === undefined || ['', 'continue', 'stopAndFail'].includes(onError) || onError.startsWith('$(params');
}

const PARAM = /^params(?:\.([^.[\]]+)|\["([^"]+)"\]|\['([^']+)'\])/;

/** The param of a reference; undefined for other references. */
export function paramOf(reference: string): string | undefined {
  const match = PARAM.exec(reference);
  return match ? (match[1] ?? match[2] ?? match[3]) : undefined;
}
