import type { KubeObject } from '../../kubernetes/types.ts';
import { missingObjectKeys, missingParams, mistypedParams, paramsOutsideEnum } from '../params.ts';
import { resultReferences } from '../result-references.ts';
import type {
  ParamSpec,
  Param,
  PipelineRun,
  PipelineSpec,
  TaskRun,
  TaskRunSpec,
  TaskSpec,
  WorkspaceBinding,
} from '../types.ts';
import { parseDurationMs } from '../duration.ts';
import { validateDuration, validateObjectName, validateRunName } from './names.ts';
import { validateParams } from './params.ts';
import { runBindingErrors } from './pipeline-references.ts';
import { validatePipelineSpec } from './pipeline.ts';
import { bindingErrors, declaredParams, podTemplateErrors } from './references.ts';
import { validateTaskSpec } from './task.ts';
import { unsupportedInPipelineRun, unsupportedInTaskRun } from './unsupported.ts';
import { duplicateErrors } from './validation-error.ts';
import type { ValidationError } from './validation-error.ts';

const PIPELINE_RUN_STATUSES = ['', 'Cancelled', 'CancelledRunFinally', 'StoppedRunFinally', 'PipelineRunPending'];
const SOURCES = ['emptyDir', 'persistentVolumeClaim', 'volumeClaimTemplate', 'configMap', 'secret', 'projected', 'csi'];

type Named<T extends KubeObject & { spec: unknown }> = Pick<T, 'spec'> & { metadata?: { name?: string } };

/** Errors in a PipelineRun alone that its schema does not find, including its embedded Pipeline and unsupported fields. */
export function validatePipelineRun({ metadata, spec }: Named<PipelineRun>): ValidationError[] {
  return [
    ...validateRunName(metadata?.name),
    ...validateObjectName('spec.pipelineRef.name', spec.pipelineRef?.name),
    ...oneOf('spec', spec, 'pipelineRef', 'pipelineSpec'),
    ...unsupportedInPipelineRun(spec),
    ...validateParams('spec.params', spec.params),
    ...validateBindings('spec.workspaces', spec.workspaces),
    ...validateTimeouts(spec.timeouts),
    ...(spec.status === undefined || PIPELINE_RUN_STATUSES.includes(spec.status)
      ? []
      : [
          {
            path: 'spec.status',
            message: `"${spec.status}" is not one of ${PIPELINE_RUN_STATUSES.slice(1).join(', ')}`,
          },
        ]),
    ...(spec.taskRunSpecs ?? []).flatMap(({ timeout }, index) =>
      validateDuration(`spec.taskRunSpecs[${index}].timeout`, timeout),
    ),
    ...resultsInParams(spec.params),
    ...(spec.pipelineSpec
      ? [
          ...validatePipelineSpec(spec.pipelineSpec, 'spec.pipelineSpec', spec),
          ...runBindingErrors(spec.pipelineSpec, spec, 'spec.workspaces'),
        ]
      : []),
  ];
}

/** Errors for results in a run's params: they are read before any task has results. */
function resultsInParams(params: readonly Param[] = []): ValidationError[] {
  return params.flatMap(({ value }, index) => {
    const references = resultReferences([value]).map(({ reference }) => reference);
    if (references.length === 0) return [];
    const message = `cannot use result expressions in [${references.join(' ')}] as PipelineRun parameter values`;
    return [{ path: `spec.params[${index}].value`, message }];
  });
}

/** Errors in a TaskRun alone that its schema does not find. */
export function validateTaskRun({ metadata, spec }: Named<TaskRun>): ValidationError[] {
  return [
    ...validateRunName(metadata?.name),
    ...validateObjectName('spec.taskRef.name', spec.taskRef?.name),
    ...oneOf('spec', spec, 'taskRef', 'taskSpec'),
    ...unsupportedInTaskRun(spec),
    ...validateParams('spec.params', spec.params),
    ...validateBindings('spec.workspaces', spec.workspaces),
    ...validateDuration('spec.timeout', spec.timeout),
    ...(spec.taskSpec ? validateTaskSpec(spec.taskSpec, 'spec.taskSpec', scopeOf(spec)) : []),
    ...(spec.taskSpec ? taskRunReferenceErrors(spec, spec.taskSpec) : []),
  ];
}

/** Errors of the references in a TaskRun's workspace bindings and podTemplate, in which params are replaced. */
export function taskRunReferenceErrors(spec: TaskRunSpec, taskSpec: TaskSpec): ValidationError[] {
  const scope = { declared: declaredParams(taskSpec.params, spec.params), strings: new Set<string>() };
  return [
    ...bindingErrors(spec.workspaces, 'spec.workspaces', scope),
    ...podTemplateErrors(spec.podTemplate, 'spec.podTemplate', scope),
  ];
}

const scopeOf = ({ params, workspaces }: { params?: Param[]; workspaces?: WorkspaceBinding[] }) => ({
  params: params ?? [],
  workspaces: (workspaces ?? []).map(({ name }) => name),
});

/** Errors for params and workspaces that a PipelineRun must give to its Pipeline. */
export function validatePipelineRunAgainst(
  { spec }: Pick<PipelineRun, 'spec'>,
  pipeline: PipelineSpec,
): ValidationError[] {
  return [
    ...validateParamsAgainst('spec.params', spec.params, pipeline.params),
    ...validateWorkspacesAgainst(spec.workspaces, pipeline.workspaces),
  ];
}

/** Errors for params and workspaces that a TaskRun must give to its Task. */
export function validateTaskRunAgainst({ spec }: Pick<TaskRun, 'spec'>, task: TaskSpec): ValidationError[] {
  return [
    ...validateParamsAgainst('spec.params', spec.params, task.params),
    ...validateWorkspacesAgainst(spec.workspaces, task.workspaces),
  ];
}

/** Errors of params against their declarations: missing ones, other types, missing keys, values outside an enum. */
export function validateParamsAgainst(
  path: string,
  params: readonly Param[] = [],
  declared: readonly ParamSpec[] = [],
): ValidationError[] {
  const errors: ValidationError[] = [];
  for (const name of missingParams(declared, params))
    errors.push({ path, message: `the param "${name}" is missing and has no default` });
  for (const name of mistypedParams(declared, params)) {
    const index = params.findIndex((param) => param.name === name);
    const type = declared.find((spec) => spec.name === name)?.type ?? 'string';
    errors.push({ path: `${path}[${index}].value`, message: `the param "${name}" is of type ${type}` });
  }
  for (const [name, keys] of Object.entries(missingObjectKeys(declared, params))) {
    errors.push({ path, message: `the object param "${name}" lacks the keys ${keys.join(', ')}` });
  }
  for (const message of paramsOutsideEnum(declared, params)) errors.push({ path, message });
  return errors;
}

function validateWorkspacesAgainst(
  bindings: readonly WorkspaceBinding[] = [],
  declared: readonly { name: string; optional?: boolean }[] = [],
): ValidationError[] {
  return declared
    .filter(({ name, optional }) => !optional && !bindings.some((binding) => binding.name === name))
    .map(({ name }) => ({ path: 'spec.workspaces', message: `the workspace "${name}" is not bound` }));
}

function validateBindings(path: string, bindings: readonly WorkspaceBinding[] = []): ValidationError[] {
  const errors = duplicateErrors(
    path,
    bindings.map(({ name }) => name),
  );
  bindings.forEach((binding, index) => {
    const sources = Object.keys(binding).filter((key) => SOURCES.includes(key));
    if (sources.length !== 1) {
      const found = sources.length === 0 ? 'none' : sources.join(' and ');
      errors.push({
        path: `${path}[${index}]`,
        message: `the workspace "${binding.name}" needs exactly one of ${SOURCES.join(', ')}, and has ${found}`,
      });
    }
  });
  return errors;
}

function validateTimeouts(timeouts: PipelineRun['spec']['timeouts'] = {}): ValidationError[] {
  const errors = (['pipeline', 'tasks', 'finally'] as const).flatMap((name) =>
    validateDuration(`spec.timeouts.${name}`, timeouts[name]),
  );
  const pipelineMs = parseDurationMs(timeouts.pipeline);
  const parts = (parseDurationMs(timeouts.tasks) ?? 0) + (parseDurationMs(timeouts.finally) ?? 0);
  if (pipelineMs && parts > pipelineMs)
    errors.push({ path: 'spec.timeouts', message: 'tasks and finally together are longer than pipeline' });
  return errors;
}

function oneOf<T extends object>(
  path: string,
  spec: T,
  first: keyof T & string,
  second: keyof T & string,
): ValidationError[] {
  if ((spec[first] === undefined) !== (spec[second] === undefined)) return [];
  return [{ path, message: `needs exactly one of ${first} and ${second}` }];
}
