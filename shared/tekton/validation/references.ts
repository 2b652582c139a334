import { stepName } from '../containers.ts';
import { fieldStrings } from '../field-tree.ts';
import type { FieldKind, FieldString } from '../field-tree.ts';
import { circularDefaults, countingDefaults } from '../params.ts';
import { typeOfParam } from '../param-value.ts';
import { TASK_FIELDS, WORKSPACE_BINDING_FIELDS } from '../reference-fields.ts';
import { declaredParam, declaredValue, dotted, referenceProblems } from '../reference-scope.ts';
import type { Declared, ReferenceScope } from '../reference-scope.ts';
import type { Param, ParamSpec, ParamType, PodTemplate, TaskSpec, WorkspaceBinding } from '../types.ts';
import type { ValidationError } from './validation-error.ts';

/** Names that a Task's references may use in addition to its own declarations: those from the run or pipeline task. */
export interface TaskScope {
  params?: readonly Param[];
  workspaces?: readonly string[];
}

/** Properties of a workspace in `$(workspaces.…)`. */
const WORKSPACE_FACTS = ['path', 'bound', 'claim', 'volume'];

/** The references to the workspaces `names`. */
export function workspaceStrings(names: readonly string[]): string[] {
  return names.flatMap((name) => WORKSPACE_FACTS.map((fact) => `workspaces.${name}.${fact}`));
}

/** References to strings that every TaskRun can resolve. */
function taskStrings(spec: TaskSpec, workspaces: readonly string[]): string[] {
  const names = [...(spec.workspaces ?? []).map(({ name }) => name), ...workspaces];
  return [
    ...['name', 'namespace', 'uid'].map((fact) => `context.taskRun.${fact}`),
    ...['name', 'retry-count'].map((fact) => `context.task.${fact}`),
    'credentials.path',
    ...(spec.results ?? []).map(({ name }) => dotted(`results["${name}"].path`)),
    ...(spec.steps ?? []).map(({ name }, index) => `steps.${stepName(name, index)}.exitCode.path`),
    ...workspaceStrings(names),
  ];
}

/** The params by name: given ones (an object also has the keys of the Pipeline's), then declared ones. As in upstream, a param of `outer` wins over a default. */
export function declaredParams(
  specs: readonly ParamSpec[] = [],
  given: readonly Param[] = [],
  outer?: ReferenceScope,
): Map<string, Declared> {
  const declared = new Map(
    given.map(({ name, value }) => {
      const own = declaredValue(value, outer);
      const keys = outer?.declared.get(`params.${name}`)?.keys;
      return [`params.${name}`, own.keys && keys ? { ...own, keys: [...own.keys, ...keys] } : own];
    }),
  );
  for (const spec of specs) {
    const name = `params.${spec.name}`;
    const value = declared.get(name);
    if (value !== undefined || !outer?.declared.get(name))
      declared.set(name, declaredParam({ ...spec, type: typeOfParam(spec) }, value));
  }
  return declared;
}

/** References to results of steps. */
const STEP_RESULT = /^steps?\.(?:.+\.)?results\./;

/** Whether steps declare results, or refer to an object that does. Both are refused already, so references to such results give no second error. */
const hasStepResults = ({ steps = [] }: TaskSpec): boolean => steps.some((step) => 'results' in step || 'ref' in step);

/** The names that references of a Task may use. `outer`: the names of its Pipeline. */
export function scopeOfTask(spec: TaskSpec, given: TaskScope, outer?: ReferenceScope): ReferenceScope {
  const { params, workspaces = [] } = given;
  const declared = declaredParams(spec.params, params, outer);
  const own = new Set(taskStrings(spec, workspaces));
  const withSteps = hasStepResults(spec);
  const strings = { has: (name: string) => own.has(name) || (withSteps && STEP_RESULT.test(name)) };
  if (!outer) return { declared, strings };
  // Not copied, because a Pipeline may have many tasks and results.
  return {
    ...outer,
    declared: { get: (name) => declared.get(name) ?? outer.declared.get(name) },
    strings: { has: (name) => strings.has(name) || outer.strings.has(name) },
  };
}

/** An error for each invalid reference in these strings. */
export function problemsOf(fields: readonly FieldString[], scope: ReferenceScope): ValidationError[] {
  return fields.flatMap((field) =>
    referenceProblems(field, scope).map(({ message }) => ({ path: field.path, message })),
  );
}

/** Strings of a Task's steps, stepTemplate, sidecars, volumes and workspaces. */
export function taskFields(spec: TaskSpec, path: string): FieldString[] {
  const { steps, stepTemplate, sidecars, volumes, workspaces } = spec;
  return fieldStrings({ steps, stepTemplate, sidecars, volumes, workspaces }, TASK_FIELDS, path);
}

/** Errors of the references in a Task's spec, including its params' defaults. */
export function taskReferenceErrors(
  spec: TaskSpec,
  path: string,
  given: TaskScope = {},
  outer?: ReferenceScope,
): ValidationError[] {
  const scope = scopeOfTask(spec, given, outer);
  return [
    ...defaultErrors(`${path}.params`, spec.params, given.params, scope),
    ...problemsOf(taskFields(spec, path), scope),
  ];
}

const DEFAULT_KINDS: Record<ParamType, FieldKind> = { string: 'string', array: 'list', object: 'value' };

/** Errors in the defaults that are used, because there is no value: circles, and references to unknown names or of another type. */
export function defaultErrors(
  path: string,
  specs: readonly ParamSpec[] = [],
  given: readonly Param[] = [],
  scope: ReferenceScope,
): ValidationError[] {
  const counting = countingDefaults(specs, given);
  const circles = circularDefaults(specs, given);
  return specs.flatMap((spec, index): ValidationError[] => {
    const value = counting.get(spec.name);
    if (value === undefined) return [];
    const circle = circles.get(spec.name);
    if (circle) {
      const message = `circular dependency detected in param "${spec.name}": ${circle.join(' → ')}`;
      return [{ path: `${path}[${index}].default`, message }];
    }
    const kind = DEFAULT_KINDS[typeOfParam(spec)];
    return problemsOf(fieldStrings({ default: value }, { default: kind }, `${path}[${index}]`), scope);
  });
}

/** Errors of the references in workspace bindings. */
export function bindingErrors(
  bindings: readonly WorkspaceBinding[] | undefined,
  path: string,
  scope: ReferenceScope,
): ValidationError[] {
  return problemsOf(fieldStrings({ of: bindings }, { of: [WORKSPACE_BINDING_FIELDS] }, '').map(under(path)), scope);
}

const under =
  (path: string) =>
  (field: FieldString): FieldString => ({ ...field, path: `${path}${field.path.slice('of'.length)}` });

/** Errors of the references in a podTemplate. Params are replaced in all its strings. */
export function podTemplateErrors(
  podTemplate: PodTemplate | undefined,
  path: string,
  scope: ReferenceScope,
): ValidationError[] {
  const fields = fieldStrings(podTemplate, {}, path).map((field): FieldString => ({ ...field, kind: 'string' }));
  return problemsOf(fields, scope);
}
