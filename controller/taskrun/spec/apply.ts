import type { V1Volume } from '@kubernetes/client-node';

import { stepName } from '../../../shared/tekton/containers.ts';
import { CREDENTIALS_DIR, RESULTS_DIR, STEPS_DIR } from '../../model/pod-paths.ts';
import { TASK_FIELDS } from '../../../shared/tekton/reference-fields.ts';
import { failIf } from '../../model/run-failure.ts';
import { stringReplacements, substituteFields } from '../../../shared/tekton/substitution.ts';
import type { Replacements } from '../../../shared/tekton/substitution.ts';
import { declarationsOf, mountPathOf } from '../../model/task-workspaces.ts';
import type { TaskRun, TaskSpec, WorkspaceBinding, WorkspaceDeclaration } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import type { ResolvedTask } from './resolve.ts';

/** The values of references to the TaskRun: names, uid, retry count, paths of results and exit codes. */
const contextReplacements = traced(
  'contextReplacements',
  (taskRun: TaskRun, taskName: string, taskSpec: TaskSpec): Replacements => {
    const { name = '', namespace = '', uid = '' } = taskRun.metadata;
    const strings: Record<string, string> = {
      'context.taskRun.name': name,
      'context.taskRun.namespace': namespace,
      'context.taskRun.uid': uid,
      'context.task.name': taskName,
      'context.task.retry-count': String(taskRun.status?.retriesStatus?.length ?? 0),
      'credentials.path': CREDENTIALS_DIR,
    };
    for (const result of taskSpec.results ?? []) {
      for (const reference of [`results.${result.name}`, `results["${result.name}"]`, `results['${result.name}']`]) {
        strings[`${reference}.path`] = `${RESULTS_DIR}/${result.name}`;
      }
    }
    for (const [index, step] of (taskSpec.steps ?? []).entries()) {
      const container = stepName(step.name, index);
      strings[`steps.${container}.exitCode.path`] = `${STEPS_DIR}/${container}/exitCode`;
    }
    return stringReplacements(strings);
  },
);

/** The values of references to workspaces. An optional workspace without a binding has an empty path. */
const ApplyWorkspaces = traced(
  'ApplyWorkspaces',
  (
    declarations: readonly WorkspaceDeclaration[],
    bindings: readonly WorkspaceBinding[],
    volumes: ReadonlyMap<string, V1Volume>,
  ): Replacements => {
    const strings: Record<string, string> = {};
    for (const declaration of declarations) {
      const binding = bindings.find(({ name }) => name === declaration.name);
      const prefix = `workspaces.${declaration.name}`;
      strings[`${prefix}.bound`] = String(binding !== undefined);
      strings[`${prefix}.path`] = binding ? mountPathOf(declaration) : '';
      strings[`${prefix}.claim`] = binding?.persistentVolumeClaim?.claimName ?? '';
      strings[`${prefix}.volume`] = volumes.get(declaration.name)?.name ?? '';
    }
    return stringReplacements(strings);
  },
);

/** Checks `onError` after the substitution of params. Throws RunFailure for an invalid value. */
const validateOnError = traced('ValidateOnError', ({ steps = [] }: TaskSpec): void => {
  for (const [index, { onError }] of steps.entries()) {
    const valid = onError === undefined || ['', 'continue', 'stopAndFail'].includes(onError);
    const message = `steps[${index}].onError: "${onError}" is not continue or stopAndFail`;
    failIf('TaskRunValidationFailed', !valid, message);
  }
});

export interface AppliedTask {
  taskSpec: TaskSpec;
  declarations: WorkspaceDeclaration[];
}

/**
 * The task with all its references replaced, one kind after the other as in upstream: a param's value may refer to contexts, results and
 * workspaces, and a workspace's mountPath to contexts.
 */
export const applyParamsContextsResultsAndWorkspaces = traced(
  'applyParamsContextsResultsAndWorkspaces',
  (
    taskRun: TaskRun,
    { taskName, taskSpec }: ResolvedTask,
    params: Replacements,
    bindings: readonly WorkspaceBinding[],
    volumes: ReadonlyMap<string, V1Volume>,
  ): AppliedTask => {
    const withParams = substituteFields(taskSpec, TASK_FIELDS, params);
    const contexts = contextReplacements(taskRun, taskName, withParams);
    const withContexts = substituteFields(withParams, TASK_FIELDS, contexts);
    const declarations = declarationsOf(taskRun, withContexts);
    const workspaces = ApplyWorkspaces(declarations, bindings, volumes);
    const applied = substituteFields(withContexts, TASK_FIELDS, workspaces);
    validateOnError(applied);
    return { taskSpec: applied, declarations };
  },
);
