import { parseDurationMs } from '../duration.ts';
import { resultReferences } from '../result-references.ts';
import type { Param, PipelineRun, TaskRun, WorkspaceBinding } from '../types.ts';
import { validateDuration, validateObjectName, validateRunName } from './names.ts';
import { validateParams } from './params.ts';
import { duplicateErrors } from './validation-error.ts';
import type { ValidationError } from './validation-error.ts';

/*
 * What upstream's admission webhook refuses of a run alone (pkg/apis/pipeline/v1/{pipelinerun,taskrun,workspace}_validation.go), without its
 * embedded Pipeline or Task. The controllers check it, too: no webhook refuses such a run where Tekton is not installed.
 */

const PIPELINE_RUN_STATUSES = ['', 'Cancelled', 'CancelledRunFinally', 'StoppedRunFinally', 'PipelineRunPending'];
const TASK_RUN_STATUSES = ['', 'TaskRunCancelled', 'TaskRunPending'];
const SOURCES = ['emptyDir', 'persistentVolumeClaim', 'volumeClaimTemplate', 'configMap', 'secret', 'projected', 'csi'];
/** Upstream's default-timeout-minutes, which its webhook sets as `timeouts.pipeline`. */
const DEFAULT_PIPELINE_TIMEOUT = '1h0m0s';

type Named<T extends { spec: unknown }> = Pick<T, 'spec'> & { metadata?: { name?: string } };

/** Errors in a PipelineRun's name and its own fields. */
export function pipelineRunSpecErrors({ metadata, spec }: Named<PipelineRun>): ValidationError[] {
  return [
    ...validateRunName(metadata?.name),
    ...validateObjectName('spec.pipelineRef.name', spec.pipelineRef?.name),
    ...oneOf('spec', spec, 'pipelineRef', 'pipelineSpec'),
    ...validateParams('spec.params', spec.params),
    ...duplicateWorkspaces(spec.workspaces),
    ...bindingSourceErrors(spec.workspaces),
    ...timeoutErrors(spec.timeouts),
    ...statusErrors(spec.status, PIPELINE_RUN_STATUSES),
    ...(spec.taskRunSpecs ?? []).flatMap(({ timeout }, index) =>
      validateDuration(`spec.taskRunSpecs[${index}].timeout`, timeout),
    ),
    ...resultsInParams(spec.params),
  ];
}

/** Errors in a TaskRun's name and its own fields, without the sources of its workspaces. */
export function taskRunSpecErrors({ metadata, spec }: Named<TaskRun>): ValidationError[] {
  return [
    ...validateRunName(metadata?.name),
    ...validateObjectName('spec.taskRef.name', spec.taskRef?.name),
    ...oneOf('spec', spec, 'taskRef', 'taskSpec'),
    ...validateParams('spec.params', spec.params),
    ...duplicateWorkspaces(spec.workspaces),
    ...validateDuration('spec.timeout', spec.timeout),
    ...statusErrors(spec.status, TASK_RUN_STATUSES),
    ...(spec.retries !== undefined && spec.retries < 0
      ? [{ path: 'spec.retries', message: `${spec.retries} is negative` }]
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

const duplicateWorkspaces = (bindings: readonly WorkspaceBinding[] = []): ValidationError[] =>
  duplicateErrors(
    'spec.workspaces',
    bindings.map(({ name }) => name),
  );

/** Errors in the sources of a run's workspaces. The TaskRun controller has upstream's own messages for them. */
export function bindingSourceErrors(bindings: readonly WorkspaceBinding[] = []): ValidationError[] {
  return bindings.flatMap((binding, index) => {
    const path = `spec.workspaces[${index}]`;
    const sources = Object.keys(binding).filter((key) => SOURCES.includes(key));
    if (sources.length === 1) return sourceErrors(path, binding);
    const found = sources.length === 0 ? 'none' : sources.join(' and ');
    const message = `the workspace "${binding.name}" needs exactly one of ${SOURCES.join(', ')}, and has ${found}`;
    return [{ path, message }];
  });
}

/** Errors for a source that does not say what it is. */
function sourceErrors(at: string, binding: WorkspaceBinding): ValidationError[] {
  const { persistentVolumeClaim: claim, configMap, secret, projected } = binding;
  const absent = [
    claim && !claim.claimName && 'persistentVolumeClaim.claimName',
    configMap && !configMap.name && 'configMap.name',
    secret && !secret.secretName && 'secret.secretName',
    projected && !projected.sources?.length && 'projected.sources',
  ].filter((field) => typeof field === 'string' && field !== '');
  return absent.map((field) => ({ path: `${at}.${field}`, message: 'is required' }));
}

/** Errors in timeouts: each a duration, no part longer than the whole. 0 is no limit. */
function timeoutErrors(timeouts: PipelineRun['spec']['timeouts'] = {}): ValidationError[] {
  const errors = (['pipeline', 'tasks', 'finally'] as const).flatMap((name) =>
    validateDuration(`spec.timeouts.${name}`, timeouts[name]),
  );
  const whole = timeouts.pipeline ?? DEFAULT_PIPELINE_TIMEOUT;
  const wholeMs = parseDurationMs(whole);
  if (!wholeMs) return errors;
  const given =
    timeouts.pipeline === undefined ? `the default of timeouts.pipeline, ${whole}` : `timeouts.pipeline, ${whole}`;
  const parts = (['tasks', 'finally'] as const).map((name) => [name, parseDurationMs(timeouts[name])] as const);
  const long = parts.filter(([, ms]) => ms !== undefined && (ms === 0 || ms > wholeMs));
  for (const [name, ms] of long)
    errors.push({
      path: `spec.timeouts.${name}`,
      message: `${ms === 0 ? 'no limit' : timeouts[name]} is longer than ${given}`,
    });
  if (long.length === 0 && parts.reduce((sum, [, ms = 0]) => sum + ms, 0) > wholeMs)
    errors.push({ path: 'spec.timeouts', message: `tasks and finally together are longer than ${given}` });
  return errors;
}

function statusErrors(status: string | undefined, allowed: readonly string[]): ValidationError[] {
  if (status === undefined || allowed.includes(status)) return [];
  return [{ path: 'spec.status', message: `${JSON.stringify(status)} is not one of ${allowed.slice(1).join(', ')}` }];
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
