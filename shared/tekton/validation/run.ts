import type { KubeObject } from '../../kubernetes/types.ts';
import { missingObjectKeys, missingParams, mistypedParams, paramsOutsideEnum } from '../params.ts';
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
import { runBindingErrors } from './pipeline-references.ts';
import { validatePipelineSpec } from './pipeline.ts';
import { bindingErrors, declaredParams, podTemplateErrors } from './references.ts';
import { bindingSourceErrors, pipelineRunSpecErrors, taskRunSpecErrors } from './run-spec.ts';
import { validateTaskSpec } from './task.ts';
import { unsupportedInPipelineRun, unsupportedInTaskRun } from './unsupported.ts';
import type { ValidationError } from './validation-error.ts';

type Named<T extends KubeObject & { spec: unknown }> = Pick<T, 'spec'> & { metadata?: { name?: string } };

/** Errors in a PipelineRun alone that its schema does not find, including its embedded Pipeline and unsupported fields. */
export function validatePipelineRun(run: Named<PipelineRun>): ValidationError[] {
  const { spec } = run;
  return [
    ...pipelineRunSpecErrors(run),
    ...unsupportedInPipelineRun(spec),
    ...(spec.pipelineSpec
      ? [
          ...validatePipelineSpec(spec.pipelineSpec, 'spec.pipelineSpec', spec),
          ...runBindingErrors(spec.pipelineSpec, spec, 'spec.workspaces'),
        ]
      : []),
  ];
}

/** Errors in a TaskRun alone that its schema does not find. */
export function validateTaskRun(run: Named<TaskRun>): ValidationError[] {
  const { spec } = run;
  return [
    ...taskRunSpecErrors(run),
    ...bindingSourceErrors(spec.workspaces),
    ...unsupportedInTaskRun(spec),
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
    ...(spec.taskSpec ? [] : undeclaredBindings(spec.workspaces, task.workspaces)),
  ];
}

/** Errors for workspaces that a referenced Task does not declare; an embedded one uses the run's own. */
function undeclaredBindings(
  bindings: readonly WorkspaceBinding[] = [],
  declared: readonly { name: string }[] = [],
): ValidationError[] {
  return bindings.flatMap(({ name }, index) =>
    declared.some((declaration) => declaration.name === name)
      ? []
      : [{ path: `spec.workspaces[${index}].name`, message: `the Task does not declare the workspace "${name}"` }],
  );
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
