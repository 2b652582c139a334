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

/** What a Task's references may name beside its own declarations: what the run or pipeline task gives it. */
export interface TaskScope {
  params?: readonly Param[];
  workspaces?: readonly string[];
}

/** What `$(workspaces.…)` may ask of a workspace. */
const WORKSPACE_FACTS = ['path', 'bound', 'claim', 'volume'];

/** The references to workspaces of these names. */
export function workspaceStrings(names: readonly string[]): string[] {
  return names.flatMap((name) => WORKSPACE_FACTS.map((fact) => `workspaces.${name}.${fact}`));
}

/** References to strings that a TaskRun answers by itself. */
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

/** What the params hold: those given (an object also has the keys of the Pipeline's), then those declared. What `outer` knows by the same name wins over a default, as upstream has it. */
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

/** What the references of a Task may name; `outer` is what its Pipeline knows. */
export function scopeOfTask(spec: TaskSpec, given: TaskScope, outer?: ReferenceScope): ReferenceScope {
  const { params, workspaces = [] } = given;
  const declared = declaredParams(spec.params, params, outer);
  const strings = new Set(taskStrings(spec, workspaces));
  if (!outer) return { declared, strings };
  // Not copied: a Pipeline may have many tasks, and many results.
  return {
    ...outer,
    declared: { get: (name) => declared.get(name) ?? outer.declared.get(name) },
    strings: { has: (name) => strings.has(name) || outer.strings.has(name) },
  };
}

/** An error for each reference of these strings that can't stand where it does. */
export function problemsOf(fields: readonly FieldString[], scope: ReferenceScope): ValidationError[] {
  return fields.flatMap((field) =>
    referenceProblems(field, scope).map(({ message }) => ({ path: field.path, message })),
  );
}

/** Steps, sidecars, volumes and workspaces, and the defaults of its params. */
export function taskFields(spec: TaskSpec, path: string): FieldString[] {
  const { steps, stepTemplate, sidecars, volumes, workspaces } = spec;
  return fieldStrings({ steps, stepTemplate, sidecars, volumes, workspaces }, TASK_FIELDS, path);
}

/** What is wrong with the references of a Task's spec, the defaults of its params included. */
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

/** What is wrong with the defaults that count, because no value is given: circles, and references to nothing or of another type. */
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

/** What is wrong with the references of workspace bindings. */
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

/** What is wrong with the references of a podTemplate: params are replaced in all its strings. */
export function podTemplateErrors(
  podTemplate: PodTemplate | undefined,
  path: string,
  scope: ReferenceScope,
): ValidationError[] {
  const fields = fieldStrings(podTemplate, {}, path).map((field): FieldString => ({ ...field, kind: 'string' }));
  return problemsOf(fields, scope);
}
