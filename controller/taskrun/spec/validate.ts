import { RunFailure } from '../../../shared/tekton/run-failure.ts';
import { parseDurationMs } from '../../../shared/tekton/duration.ts';
import type { Step, TaskRun, TaskSpec } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import { mergeStepTemplate } from '../pod/step-template.ts';

const FAILED = 'TaskRunValidationFailed';
/** Fields of Tekton's API that change what runs and are not executed yet: a run that has one fails instead of running differently. */
const UNSUPPORTED_STEP_FIELDS = ['ref', 'when', 'results', 'params', 'workspaces', 'stdoutConfig', 'stderrConfig'];
const UNSUPPORTED_TASK_RUN_FIELDS = ['debug', 'stepSpecs', 'sidecarSpecs', 'computeResources'];

const has = traced('has', (object: object, field: string): boolean => {
  const value = (object as Record<string, unknown>)[field];
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
});

/** Throws RunFailure, naming the field, for anything this controller would not execute as it is written. */
const validateSupported = traced('validateSupported', (taskRun: TaskRun, taskSpec: TaskSpec): void => {
  const found = [
    ...UNSUPPORTED_TASK_RUN_FIELDS.filter((field) => has(taskRun.spec, field)).map((field) => `spec.${field}`),
    ...(taskSpec.steps ?? []).flatMap((step, index) =>
      UNSUPPORTED_STEP_FIELDS.filter((field) => has(step, field)).map((field) => `taskSpec.steps[${index}].${field}`),
    ),
    ...(taskSpec.sidecars ?? []).flatMap((sidecar, index) =>
      has(sidecar, 'workspaces') ? [`taskSpec.sidecars[${index}].workspaces`] : [],
    ),
    ...(taskSpec.results ?? []).flatMap((result, index) =>
      has(result, 'value') ? [`taskSpec.results[${index}].value`] : [],
    ),
  ];
  if (found.length > 0) {
    throw new RunFailure(
      FAILED,
      `not supported by this controller: ${found.join(', ')}; remove it, or run with upstream Tekton`,
    );
  }
});

/** What is wrong with a step (merged with its template), and what to do; undefined when nothing is. */
const stepProblem = traced('stepProblem', (step: Step): string | undefined => {
  if (!step.image) return 'has no image: set image';
  if (step.script && step.command?.length) return 'has both script and command: keep one of them';
  if (!step.script && !step.command?.length) {
    return "has neither command nor script, and the image's entrypoint can't be looked up: set command";
  }
  if (step.onError && step.onError !== 'continue' && step.onError !== 'stopAndFail') {
    return `has onError "${String(step.onError)}": use continue or stopAndFail`;
  }
  if (step.timeout !== undefined && parseDurationMs(step.timeout) === undefined) {
    return `has timeout "${step.timeout}", which is no duration: write it like 1h30m or 45s`;
  }
  return undefined;
});

/** Checks that the task can be executed. Throws RunFailure, naming the field or the step. */
export const validateTaskSpec = traced('validateTaskSpec', (taskRun: TaskRun, taskSpec: TaskSpec): void => {
  validateSupported(taskRun, taskSpec);
  const steps = taskSpec.steps ?? [];
  if (steps.length === 0) throw new RunFailure(FAILED, 'missing field taskSpec.steps: a task needs one step or more');
  const names = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const label = step.name ? `step "${step.name}" (taskSpec.steps[${index}])` : `taskSpec.steps[${index}]`;
    const problem = stepProblem(mergeStepTemplate(taskSpec.stepTemplate, step));
    if (problem) throw new RunFailure(FAILED, `${label} ${problem}`);
    if (step.name && names.has(step.name)) throw new RunFailure(FAILED, `${label} has the name of another step`);
    if (step.name) names.add(step.name);
  }
  const { timeout } = taskRun.spec;
  if (timeout !== undefined && parseDurationMs(timeout) === undefined) {
    throw new RunFailure(FAILED, `spec.timeout "${timeout}" is no duration: write it like 1h30m or 45s`);
  }
});
