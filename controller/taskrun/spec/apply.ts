import type { V1Volume } from '@kubernetes/client-node';

import { stepName } from '../../../shared/tekton/containers.ts';
import { fieldStrings } from '../../../shared/tekton/field-strings.ts';
import { CREDENTIALS_DIR, RESULTS_DIR, STEPS_DIR } from '../../../shared/tekton/pod-paths.ts';
import { RunFailure } from '../../../shared/tekton/run-failure.ts';
import {
  isKnown,
  mergeReplacements,
  referencesIn,
  stringReplacements,
  substituteDeep,
} from '../../../shared/tekton/substitution.ts';
import type { Replacements } from '../../../shared/tekton/substitution.ts';
import { declarationsOf, mountPathOf } from '../../../shared/tekton/task-workspaces.ts';
import type { TaskRun, TaskSpec, WorkspaceBinding, WorkspaceDeclaration } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import type { ResolvedTask } from './resolve.ts';

/** What looks like a reference of Tekton's, and not like a command substitution of a shell. */
const TEKTON_REFERENCE =
  /^(params[.[]|results[.[].*\.path$|workspaces[.[].*\.(path|bound|claim|volume)$|context\.(taskRun|task|pipelineRun|pipeline|pipelineTask)\.|steps\.[^.]+\.(results|outputs|exitCode)|step\.|artifacts\.path$)/;

/** The TaskRun as its tasks see it: names, uid, attempts so far, where results and exit codes are. */
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

/** Where each workspace is; an optional one that is not bound has an empty path. */
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

/** Throws RunFailure for the first reference in steps and sidecars that nothing answers. */
const validateVariables = traced('validateVariables', (taskSpec: TaskSpec, known: Replacements): void => {
  const { steps, sidecars, stepTemplate } = taskSpec;
  for (const { path, text } of fieldStrings({ steps, sidecars, stepTemplate })) {
    const unknown = referencesIn(text).find((each) => TEKTON_REFERENCE.test(each) && !isKnown(each, known));
    if (unknown === undefined) continue;
    const message = `non-existent variable in "$(${unknown})": ${path} refers to what the task does not declare or this controller does not support`;
    throw new RunFailure('TaskRunValidationFailed', message);
  }
});

export interface AppliedTask {
  taskSpec: TaskSpec;
  declarations: WorkspaceDeclaration[];
}

/**
 * The task with all its references replaced: params first, then (also in params' values) contexts, results and workspaces. Throws
 * RunFailure for a reference that nothing answers.
 */
export const applyParamsContextsResultsAndWorkspaces = traced(
  'applyParamsContextsResultsAndWorkspaces',
  (
    taskRun: TaskRun,
    resolved: ResolvedTask,
    params: Replacements,
    bindings: readonly WorkspaceBinding[],
    volumes: ReadonlyMap<string, V1Volume>,
  ): AppliedTask => {
    const { taskName, taskSpec, stored } = resolved;
    const withParams = substituteDeep(taskSpec, params);
    const declarations = declarationsOf(taskRun, withParams);
    const rest = mergeReplacements(
      contextReplacements(taskRun, taskName, withParams),
      ApplyWorkspaces(declarations, bindings, volumes),
    );
    if (!stored) validateVariables(taskSpec, mergeReplacements(params, rest));
    return { taskSpec: substituteDeep(withParams, rest), declarations };
  },
);
