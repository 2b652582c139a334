import { resolveParams } from '../../shared/tekton/params.ts';
import {
  mergeReplacements,
  paramReplacements,
  stringReplacements,
  substituteDeep,
} from '../../shared/tekton/substitution.ts';
import type { Replacements } from '../../shared/tekton/substitution.ts';
import type { Param, PipelineRun, PipelineSpec, PipelineTask } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { pipelineName } from './resolve.ts';

/** `$(context.pipelineRun.…)` and `$(context.pipeline.name)`. */
export const contextStrings = traced('getContextReplacements', (run: PipelineRun): Record<string, string> => {
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

/** The Pipeline with the run's params, names and workspaces put in, and the run's own bindings likewise. */
export const applyParameters = traced('applyParameters', (run: PipelineRun, spec: PipelineSpec): PipelineSpec => {
  const params = resolveParams(spec.params, run.spec.params);
  const strings = stringReplacements({ ...contextStrings(run), ...workspaceStrings(run, spec) });
  return {
    ...spec,
    ...(spec.tasks ? { tasks: spec.tasks.map((task) => applyToTask(task, params, strings)) } : {}),
    ...(spec.finally ? { finally: spec.finally.map((task) => applyToTask(task, params, strings)) } : {}),
  };
});

/** An embedded task sees the Pipeline's params too, except where it is given one of that name. */
const applyToTask = traced(
  'applyReplacements',
  (task: PipelineTask, params: readonly Param[], strings: Replacements): PipelineTask => {
    const all = mergeReplacements(strings, paramReplacements(params));
    const { params: own, when, workspaces, taskRef, displayName, onError, taskSpec } = task;
    const given = new Set(own?.map(({ name }) => name));
    const inner = mergeReplacements(strings, paramReplacements(params.filter(({ name }) => !given.has(name))));
    return {
      ...task,
      ...withoutUndefined(substituteDeep({ params: own, when, workspaces, taskRef, displayName, onError }, all)),
      ...(taskSpec ? { taskSpec: substituteDeep(taskSpec, inner) } : {}),
    };
  },
);

const withoutUndefined = traced(
  'withoutUndefined',
  <T extends object>(value: T): T =>
    Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as T,
);
