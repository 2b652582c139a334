import { resolveParams } from '../../shared/tekton/params.ts';
import {
  mergeReplacements,
  paramReplacements,
  stringReplacements,
  substituteDeep,
} from '../../shared/tekton/substitution.ts';
import type { Replacements } from '../../shared/tekton/substitution.ts';
import type { Param, PipelineRun, PipelineSpec, PipelineTask, WorkspaceBinding } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { pipelineName } from './resolve.ts';

/** `$(context.pipelineRun.…)` and `$(context.pipeline.name)`. */
const contextStrings = traced('getContextReplacements', (run: PipelineRun): Record<string, string> => {
  const { name = '', namespace = '', uid = '' } = run.metadata;
  return {
    'context.pipelineRun.name': name,
    'context.pipelineRun.namespace': namespace,
    'context.pipelineRun.uid': uid,
    'context.pipeline.name': pipelineName(run),
  };
});

const workspaceStrings = traced('workspaceStrings', (run: PipelineRun, spec: PipelineSpec): Record<string, string> => ({
  ...Object.fromEntries((spec.workspaces ?? []).map(({ name }) => [`workspaces.${name}.bound`, 'false'])),
  ...Object.fromEntries((run.spec.workspaces ?? []).map(({ name }) => [`workspaces.${name}.bound`, 'true'])),
}));

/** The Pipeline with the run's params, names and workspaces put in. */
export const applyParameters = traced('applyParameters', (run: PipelineRun, spec: PipelineSpec): PipelineSpec => {
  const params = resolveParams(spec.params, run.spec.params);
  const strings = stringReplacements({ ...contextStrings(run), ...workspaceStrings(run, spec) });
  return {
    ...spec,
    ...(spec.tasks ? { tasks: spec.tasks.map((task) => applyToTask(task, params, strings)) } : {}),
    ...(spec.finally ? { finally: spec.finally.map((task) => applyToTask(task, params, strings)) } : {}),
  };
});

/** What of a pipeline task may refer to params, besides its embedded spec. */
const REFERRING = ['params', 'when', 'workspaces', 'taskRef', 'displayName', 'onError'] as const;

/** An embedded task sees the Pipeline's params too, except where it is given one of that name. */
const applyToTask = traced(
  'applyReplacements',
  (task: PipelineTask, params: readonly Param[], strings: Replacements): PipelineTask => {
    const all = mergeReplacements(strings, paramReplacements(params));
    const given = new Set(task.params?.map(({ name }) => name));
    const inner = mergeReplacements(strings, paramReplacements(params.filter(({ name }) => !given.has(name))));
    const referring = REFERRING.filter((key) => task[key] !== undefined);
    return {
      ...task,
      ...Object.fromEntries(referring.map((key) => [key, substituteDeep(task[key], all)])),
      ...(task.taskSpec ? { taskSpec: substituteDeep(task.taskSpec, inner) } : {}),
    };
  },
);

/** The run's workspace bindings with its params and names put in. */
export const applyParametersToWorkspaceBindings = traced(
  'applyParametersToWorkspaceBindings',
  (run: PipelineRun, spec: PipelineSpec): WorkspaceBinding[] => {
    const params = paramReplacements(resolveParams(spec.params, run.spec.params));
    const replacements = mergeReplacements(params, stringReplacements(contextStrings(run)));
    return substituteDeep(run.spec.workspaces ?? [], replacements);
  },
);
