import { fieldStrings } from '../field-tree.ts';
import type { FieldString } from '../field-tree.ts';
import { PIPELINE_TASK_FIELDS } from '../reference-fields.ts';
import { beyondArray, declaredResults, isTektonReference, referenceProblems, shapeOf } from '../reference-scope.ts';
import type { ReferenceScope } from '../reference-scope.ts';
import { parseResultReference, resultReferences } from '../result-references.ts';
import type { ResultReference } from '../result-references.ts';
import { referencesIn } from '../substitution.ts';
import type { Param, PipelineSpec, PipelineTask, WorkspaceBinding } from '../types.ts';
import {
  bindingErrors,
  declaredParams,
  defaultErrors,
  scopeOfTask,
  taskFields,
  workspaceStrings,
} from './references.ts';
import type { ValidationError } from './validation-error.ts';

/** The params and workspaces that a PipelineRun gives to its Pipeline. */
export interface PipelineGiven {
  params?: readonly Param[];
  workspaces?: readonly WorkspaceBinding[];
}

type Section = 'tasks' | 'finally';

/** Upstream's condition reasons for invalid references. */
const REASON = {
  graph: 'PipelineInvalidGraph',
  result: 'InvalidTaskResultReference',
  index: 'ParamArrayIndexingInvalid',
};

/** Upstream's VariableSubstitutionRegex: the references in params and `when` of a pipeline task. */
const VARIABLE = /^[\w.-]+(?:\[(?:\d+|\*)\])?$/;
const VARIABLE_PREFIXES = ['params', 'tasks', 'finally', 'context', 'workspaces', 'results'];

/** The names that references of a pipeline task may use. Results of an unknown Task may have any name. */
function scopeOfPipeline(spec: PipelineSpec, given: PipelineGiven, section: Section | 'results'): ReferenceScope {
  const { tasks = [] } = spec;
  const sources = section === 'results' ? [...tasks, ...(spec.finally ?? [])] : tasks;
  const prefixOf = (task: PipelineTask): string => `${tasks.includes(task) ? 'tasks' : 'finally'}.${task.name}.results`;
  const open = sources.filter(({ taskSpec }) => !taskSpec).map((task) => `${prefixOf(task)}.`);
  const workspaces = [...(spec.workspaces ?? []), ...(given.workspaces ?? [])];
  return {
    declared: new Map([
      ...declaredParams(spec.params, given.params),
      ...sources.flatMap((task) => declaredResults(prefixOf(task), task.taskSpec?.results)),
    ]),
    strings: new Set([
      ...['name', 'namespace', 'uid'].map((fact) => `context.pipelineRun.${fact}`),
      'context.pipeline.name',
      'context.pipelineTask.retries',
      ...workspaces.map(({ name }) => `workspaces.${name}.bound`),
      ...(section === 'finally' ? ['tasks.status'] : []),
      ...(section === 'finally' ? tasks.flatMap(({ name }) => [`tasks.${name}.status`, `tasks.${name}.reason`]) : []),
    ]),
    isOpen: (reference) => open.some((prefix) => reference.startsWith(prefix)),
  };
}

/** Errors of the references in a Pipeline that can be found before its Tasks are read. */
export function pipelineReferenceErrors(
  spec: PipelineSpec,
  path: string,
  given: PipelineGiven = {},
): ValidationError[] {
  const scope = scopeOfPipeline(spec, given, 'tasks');
  return [
    ...defaultErrors(`${path}.params`, spec.params, given.params, { ...scope, isOpen: () => false }),
    ...(['tasks', 'finally'] as const).flatMap((section) => {
      const inSection = scopeOfPipeline(spec, given, section);
      const workspaces = [...(spec.workspaces ?? []), ...(given.workspaces ?? [])];
      const passedOn = new Set(workspaceStrings(workspaces.map(({ name }) => name)));
      return (spec[section] ?? []).flatMap((task, index) =>
        taskErrors({ task, spec, section, passedOn }, `${path}.${section}[${index}]`, inSection),
      );
    }),
    ...resultErrors(spec, path),
  ];
}

/** Errors of the references in a PipelineRun's workspace bindings. */
export function runBindingErrors(spec: PipelineSpec, given: PipelineGiven, path: string): ValidationError[] {
  return bindingErrors(given.workspaces, path, scopeOfPipeline(spec, given, 'tasks'));
}

interface TaskOfPipeline {
  task: PipelineTask;
  spec: PipelineSpec;
  section: Section;
  /** References to workspaces of the Pipeline and the run, which an embedded spec can use without a declaration. */
  passedOn: ReadonlySet<string>;
}

/** References that only the TaskRun can resolve; they are unknown while its Task is. */
const OF_TASK_RUN = /^(?:context\.task(?:Run)?|results|workspaces)\./;

function taskErrors(of: TaskOfPipeline, path: string, scope: ReferenceScope): ValidationError[] {
  const { task, passedOn } = of;
  const { params = [], taskSpec, workspaces = [] } = task;
  const outer = { ...scope, strings: { has: (name: string) => passedOn.has(name) || scope.strings.has(name) } };
  const ofTask = scopeOfTask(taskSpec ?? {}, { params, workspaces: workspaces.map(({ name }) => name) }, outer);
  // A param's value may also refer to names that only its TaskRun knows.
  const ofParams: ReferenceScope = {
    ...{ declared: scope.declared, strings: ofTask.strings },
    isOpen: (name) => (scope.isOpen?.(name) ?? false) || (!taskSpec && OF_TASK_RUN.test(name)),
  };
  const { when, params: values, ...others } = pick(task, Object.keys(PIPELINE_TASK_FIELDS));
  const fields = (part: object): FieldString[] => fieldStrings(part, PIPELINE_TASK_FIELDS, path);
  return [
    ...fields({ params: values, when }).flatMap((field) => [...foreignVariables(field), ...wholeParams(field, scope)]),
    ...resultsInName(task, `${path}.taskRef.name`),
    ...problems(fields({ params: values }), ofParams, of),
    ...problems(fields({ when, ...others }), scope, of),
    ...(taskSpec
      ? [
          ...defaultErrors(`${path}.taskSpec.params`, taskSpec.params, params, ofTask),
          ...problems(taskFields(taskSpec, `${path}.taskSpec`), ofTask, of),
        ]
      : []),
  ];
}

/** Errors for results in a Task's name: it is read before any task has results. */
function resultsInName({ taskRef }: PipelineTask, path: string): ValidationError[] {
  return resultReferences([taskRef?.name]).map(({ reference }) => ({
    path,
    message: `a Task can't be named by a result, because all Tasks are read before the first one runs: $(${reference})`,
  }));
}

function pick(task: PipelineTask, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(task).filter(([name]) => names.includes(name)));
}

/** In params and `when`, upstream treats any simple `$(…)` as a reference, and requires `[*]` for whole arrays and objects. */
function foreignVariables({ path, text }: FieldString): ValidationError[] {
  const variables = referencesIn(text).filter((name) => VARIABLE.test(name));
  return [...new Set(variables)].flatMap((name) => {
    if (!VARIABLE_PREFIXES.includes(name.split('.')[0] ?? '')) {
      const message = `invalid variable reference "$(${name})", must start with a valid prefix: ${VARIABLE_PREFIXES.join(', ')}; for a shell variable write \${VAR}`;
      return [{ path, message }];
    }
    return isTektonReference(name) ? [] : [{ path, message: `non-existent variable in "$(${name})"` }];
  });
}

function wholeParams({ path, text, kind }: FieldString, scope: ReferenceScope): ValidationError[] {
  const reference = /^\$\((params[.[][^()]*)\)$/.exec(text)?.[1];
  if (reference === undefined || reference.endsWith('[*]') || kind === 'string') return [];
  const shape = shapeOf(reference, scope);
  if (shape !== 'array' && shape !== 'object') return [];
  return [
    { path, message: `variable type invalid in "$(${reference})": a whole ${shape} is written $(${reference}[*])` },
  ];
}

function problems(fields: readonly FieldString[], scope: ReferenceScope, of: TaskOfPipeline): ValidationError[] {
  return fields.flatMap((field) =>
    referenceProblems(field, scope).map(({ reference, message }) => ({
      path: field.path,
      ...explain(reference, message, scope, of),
    })),
  );
}

/** The error with upstream's message and reason, if upstream has its own for this case. */
function explain(
  reference: string,
  message: string,
  scope: ReferenceScope,
  { task, spec, section }: TaskOfPipeline,
): Omit<ValidationError, 'path'> {
  const result = parseResultReference(reference);
  if (result && message.startsWith('non-existent')) return explainResult(result, spec, task, section);
  if (/^tasks\.(?:.*\.)?(?:status|reason)$/.test(reference)) {
    const name = /^tasks\.(.*)\.(?:status|reason)$/.exec(reference)?.[1];
    const inTasks =
      'pipeline tasks can not refer to execution status of any other pipeline task or aggregate status of tasks';
    return {
      message: `$(${reference}): ${section === 'tasks' ? inTasks : `pipeline task ${name} is not defined in the pipeline`}`,
    };
  }
  if (beyondArray(reference, scope) !== undefined) return { message, reason: REASON.index };
  return { message };
}

function explainResult(
  { reference, section: of, pipelineTask, result }: ResultReference,
  spec: PipelineSpec,
  task: PipelineTask,
  section: Section,
): Omit<ValidationError, 'path'> {
  const exists = spec.tasks?.some(({ name }) => name === pipelineTask) ?? false;
  if (of === 'finally' || spec.finally?.some(({ name }) => name === pipelineTask)) {
    const who = section === 'finally' ? 'final task' : 'task';
    return {
      message: `invalid task result reference, ${who} has task result reference from a final task ${pipelineTask}`,
    };
  }
  if (!exists) {
    const message = `task ${task.name} depends on ${pipelineTask} but ${pipelineTask} wasn't present in Pipeline: $(${reference})`;
    return { message, ...(section === 'tasks' && { reason: REASON.graph }) };
  }
  const source = spec.tasks?.find(({ name }) => name === pipelineTask)?.taskSpec;
  const part = source?.results?.some(({ name }) => name === result)
    ? reference.split('.results').pop()?.replace(/^\./, '')
    : result;
  const message = `invalid result reference in pipeline task "${task.name}": "${part}" is not a named result returned by pipeline task "${pipelineTask}"`;
  return { message, reason: REASON.result };
}

/** Errors in a Pipeline's results: they may only refer to results of its tasks. */
function resultErrors(spec: PipelineSpec, path: string): ValidationError[] {
  const scope = scopeOfPipeline({ tasks: spec.tasks ?? [], finally: spec.finally ?? [] }, {}, 'results');
  return (spec.results ?? []).flatMap(({ name, value }, index): ValidationError[] => {
    const at = `${path}.results[${index}]`;
    const fields = fieldStrings({ value }, { value: 'value' }, at);
    const references = fields.flatMap(({ text }) => referencesIn(text)).map(parseResultReference);
    if (!references.some((reference) => reference !== undefined)) {
      return [
        {
          path: `${at}.value`,
          message: `expected pipeline result ${name} to be made of results of tasks: $(tasks.NAME.results.NAME)`,
        },
      ];
    }
    return fields.flatMap((field) =>
      referenceProblems(field, scope).map(({ message }) => ({
        path: field.path,
        message: `invalid pipeline result "${name}": ${message}`,
        reason: 'InvalidPipelineResultReference',
      })),
    );
  });
}
