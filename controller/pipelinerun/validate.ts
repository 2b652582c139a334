import { missingObjectKeys, missingParams, mistypedParams, paramsOutsideEnum } from '../../shared/tekton/params.ts';
import { resultReferences, resultsUsedBy } from '../../shared/tekton/result-references.ts';
import type { ResultReference } from '../../shared/tekton/result-references.ts';
import { failIf } from '../model/run-failure.ts';
import type { PipelineRun, PipelineSpec } from '../../shared/tekton/types.ts';
import { runBindingErrors } from '../../shared/tekton/validation/pipeline-references.ts';
import { validateGraph, validatePipelineSpec } from '../../shared/tekton/validation/pipeline.ts';
import { pipelineRunSpecErrors } from '../../shared/tekton/validation/run-spec.ts';
import { unsupportedInPipeline, unsupportedInPipelineRun } from '../../shared/tekton/validation/unsupported.ts';
import { describeErrors } from '../../shared/tekton/validation/validation-error.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { TaskState } from '../model/pipeline-run-facts.ts';
import { pipelineName } from './resolve.ts';

/** Fails a run with a name or field that upstream's admission webhook refuses. */
export const validateRunSpec = traced('validateRunSpec', (run: PipelineRun): void => {
  const errors = pipelineRunSpecErrors(run);
  const subject = `PipelineRun ${run.metadata.namespace}/${run.metadata.name}`;
  failIf('PipelineValidationFailed', errors.length > 0, `${subject} can't be run: ${describeErrors(errors)}`);
});

/** The beginning of upstream's message for a reason. */
const beginningOf = traced('beginningOf', (reason: string, subject: string, pipeline: string): string => {
  if (reason === 'PipelineInvalidGraph') return `${subject}'s Pipeline DAG is invalid`;
  if (reason !== 'ParamArrayIndexingInvalid') return `${pipeline} can't be Run; it has an invalid spec`;
  return `${subject} failed validation: failed to validate ${pipeline}'s parameter which has an invalid index while referring to an array`;
});

/** Fails the run with upstream's reason for its first error, in upstream's order. */
export const validatePipelineRun = traced('validatePipelineRun', (run: PipelineRun, spec: PipelineSpec): void => {
  const { namespace } = run.metadata;
  const subject = `PipelineRun ${namespace}/${run.metadata.name}`;
  const pipeline = `Pipeline ${namespace}/${pipelineName(run)}`;
  const { params = [] } = run.spec;
  const unsupported = run.spec.pipelineSpec
    ? unsupportedInPipelineRun(run.spec)
    : [...unsupportedInPipelineRun(run.spec), ...unsupportedInPipeline(spec)];
  failIf('PipelineValidationFailed', unsupported.length > 0, `${subject} can't be run: ${describeErrors(unsupported)}`);
  const graph = validateGraph(spec);
  failIf('PipelineInvalidGraph', graph.length > 0, `${subject}'s Pipeline DAG is invalid: ${describeErrors(graph)}`);
  const errors = [
    ...validatePipelineSpec(spec, run.spec.pipelineSpec ? 'spec.pipelineSpec' : 'spec', run.spec),
    ...runBindingErrors(spec, run.spec, 'spec.workspaces'),
  ];
  const { reason = 'PipelineValidationFailed' } = errors[0] ?? {};
  failIf(reason, errors.length > 0, `${beginningOf(reason, subject, pipeline)}: ${describeErrors(errors)}`);
  const missing = missingParams(spec.params, params);
  failIf(
    'ParameterMissing',
    missing.length > 0,
    `${subject} is missing some parameters required by ${pipeline}: ${missing.join(', ')}`,
  );
  const mistyped = mistypedParams(spec.params, params);
  failIf(
    'ParameterTypeMismatch',
    mistyped.length > 0,
    `${subject} parameters have mismatching types with ${pipeline}'s parameters: ${mistyped.join(', ')}`,
  );
  const outside = paramsOutsideEnum(spec.params, params);
  failIf('InvalidParamValue', outside.length > 0, `${subject} parameters have invalid value: ${outside.join('; ')}`);
  const keys = missingObjectKeys(spec.params, params);
  failIf(
    'ObjectParameterMissKeys',
    Object.keys(keys).length > 0,
    `${subject} parameters is missing object keys required by ${pipeline}'s parameters: ${JSON.stringify(keys)}`,
  );
  const bound = new Set(run.spec.workspaces?.map(({ name }) => name));
  const unbound = (spec.workspaces ?? [])
    .filter(({ name, optional }) => !optional && !bound.has(name))
    .map(({ name }) => name);
  failIf(
    'InvalidWorkspaceBindings',
    unbound.length > 0,
    `${subject} doesn't bind ${pipeline}'s Workspaces correctly: pipeline requires workspace with name "${unbound.join('", "')}" be provided by pipelinerun`,
  );
  const tasks = new Set([...(spec.tasks ?? []), ...(spec.finally ?? [])].map(({ name }) => name));
  const wrong = (run.spec.taskRunSpecs ?? []).find(({ pipelineTaskName = '' }) => !tasks.has(pipelineTaskName));
  failIf(
    'InvalidTaskRunSpecs',
    wrong !== undefined,
    `${subject} doesn't define taskRunSpecs correctly: there is no pipeline task "${wrong?.pipelineTaskName}"`,
  );
});

/** Checks before the first TaskRun: each task's params, and the results that tasks and the Pipeline refer to. */
export const validateResolvedTasks = traced(
  'validateResolvedTasks',
  (run: PipelineRun, spec: PipelineSpec, tasks: readonly Omit<TaskState, 'outcome'>[]): void => {
    for (const state of tasks) validateResolvedTask(run, state);
    for (const { task } of tasks) {
      for (const reference of resultsUsedBy(task)) {
        const problem = validateResultRef(reference, tasks);
        failIf(
          'InvalidTaskResultReference',
          problem !== undefined,
          `invalid result reference in pipeline task "${task.name}": ${problem}`,
        );
      }
    }
    for (const { name, value } of spec.results ?? []) {
      for (const reference of resultReferences([value])) {
        const problem = validateResultRef(reference, tasks);
        const message = `Failed to resolve pipeline result reference for "${run.metadata.name}" with error invalid pipeline result "${name}": ${problem}`;
        failIf('InvalidPipelineResultReference', problem !== undefined, message);
      }
    }
  },
);

const validateResolvedTask = traced(
  'ValidateResolvedTask',
  (run: PipelineRun, { task, taskSpec }: Omit<TaskState, 'outcome'>): void => {
    const message = `Validation failed for pipelinerun ${run.metadata.name} with error invalid input params for task ${task.name}`;
    failIf(
      'PipelineValidationFailed',
      !['', 'continue', 'stopAndFail'].includes(task.onError ?? ''),
      `Validation failed for pipelinerun ${run.metadata.name}: pipeline task "${task.name}": onError: "${task.onError}" is not continue or stopAndFail`,
    );
    const missing = missingParams(taskSpec.params, task.params);
    failIf(
      'PipelineValidationFailed',
      missing.length > 0,
      `${message}: missing values for these params which have no default values: ${missing.join(', ')}`,
    );
    const mistyped = mistypedParams(taskSpec.params, task.params);
    failIf(
      'PipelineValidationFailed',
      mistyped.length > 0,
      `${message}: param types don't match the user-specified type: ${mistyped.join(', ')}`,
    );
    const keys = missingObjectKeys(taskSpec.params, task.params);
    failIf(
      'PipelineValidationFailed',
      Object.keys(keys).length > 0,
      `${message}: missing keys for these params which are required in ParamSpec's properties ${JSON.stringify(keys)}`,
    );
  },
);

const validateResultRef = traced(
  'validateResultRef',
  ({ pipelineTask, result }: ResultReference, tasks: readonly Omit<TaskState, 'outcome'>[]): string | undefined => {
    const source = tasks.find(({ task }) => task.name === pipelineTask);
    if (!source) return `referenced pipeline task "${pipelineTask}" does not exist`;
    if (source.taskSpec.results?.some(({ name }) => name === result)) return undefined;
    return `"${result}" is not a named result returned by pipeline task "${pipelineTask}"`;
  },
);
