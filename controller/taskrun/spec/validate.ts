import { mergeStepTemplate } from '../../model/pod/step-template.ts';
import { RunFailure } from '../../model/run-failure.ts';
import type { Step, TaskRun } from '../../../shared/tekton/types.ts';
import { validateTaskSpec } from '../../../shared/tekton/validation/task.ts';
import { taskRunSpecErrors } from '../../../shared/tekton/validation/run-spec.ts';
import { taskRunReferenceErrors } from '../../../shared/tekton/validation/run.ts';
import { unsupportedInTask, unsupportedInTaskRun } from '../../../shared/tekton/validation/unsupported.ts';
import { describeErrors } from '../../../shared/tekton/validation/validation-error.ts';
import type { ValidationError } from '../../../shared/tekton/validation/validation-error.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import type { ResolvedTask } from './resolve.ts';

/** Errors for a step without command and script: it would run its image's entrypoint, which is not read yet. */
const withoutCommand = traced('withoutCommand', (step: Step, path: string): ValidationError[] => {
  if (step.script || step.command?.length) return [];
  const label = step.name ? `step "${step.name}"` : 'the step';
  return [
    {
      path,
      message: `${label} has neither command nor script, and its image's entrypoint can't be read: set command`,
    },
  ];
});

/** Checks that the task can be executed. Throws RunFailure with fields and what to do. */
export const validateTask = traced('validateTask', (taskRun: TaskRun, { taskSpec, stored }: ResolvedTask): void => {
  const { params = [], workspaces = [] } = taskRun.spec;
  const embedded = taskRun.spec.taskSpec !== undefined;
  const path = embedded ? 'spec.taskSpec' : `Task ${taskRun.spec.taskRef?.name}: spec`;
  const errors = [
    ...taskRunSpecErrors(taskRun),
    ...unsupportedInTaskRun(taskRun.spec),
    ...(embedded ? [] : unsupportedInTask(taskSpec, path)),
    // In a spec from the status, references were replaced: those that are left came from values.
    ...validateTaskSpec(
      taskSpec,
      path,
      stored ? undefined : { params, workspaces: workspaces.map(({ name }) => name) },
    ),
    ...taskRunReferenceErrors(taskRun.spec, taskSpec),
    ...(taskSpec.steps ?? []).flatMap((step, index) =>
      withoutCommand(mergeStepTemplate(taskSpec.stepTemplate, step), `${path}.steps[${index}]`),
    ),
  ];
  if (errors.length > 0) throw new RunFailure('TaskRunValidationFailed', describeErrors(errors));
});
