import type { PipelineRunFacts, TaskState } from '../model/pipeline-run-facts.ts';
import { isObjectValue, toParamValue } from '../../shared/tekton/param-value.ts';
import { resolveParams } from '../../shared/tekton/params.ts';
import {
  EMBEDDED_TASK_FIELDS,
  PIPELINE_TASK_FIELDS,
  WORKSPACE_BINDING_FIELDS,
} from '../../shared/tekton/reference-fields.ts';
import {
  mergeReplacements,
  newRoom,
  paramReplacements,
  stringReplacements,
  substituteFields,
} from '../../shared/tekton/substitution.ts';
import type { Replacements, Room } from '../../shared/tekton/substitution.ts';
import type { Param, PipelineRun, PipelineSpec, PipelineTask, WorkspaceBinding } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { pipelineName } from './resolve.ts';
import { resultReplacements, statusReplacements } from './results.ts';

/** The values of `$(context.pipelineRun.…)` and `$(context.pipeline.name)`. */
const getContextReplacements = traced('getContextReplacements', (run: PipelineRun): Record<string, string> => {
  const { name = '', namespace = '', uid = '' } = run.metadata;
  return {
    'context.pipelineRun.name': name,
    'context.pipelineRun.namespace': namespace,
    'context.pipelineRun.uid': uid,
    'context.pipeline.name': pipelineName(run),
  };
});

/** The values of `$(workspaces.NAME.bound)` for the Pipeline's and the run's workspaces, without those in `except`. */
const workspaceReplacements = traced(
  'workspaceReplacements',
  (run: PipelineRun, spec: PipelineSpec, except: readonly string[] = []): Replacements => {
    const bound = new Set(run.spec.workspaces?.map(({ name }) => name));
    const names = [...(spec.workspaces ?? []).map(({ name }) => name), ...bound].filter(
      (name) => !except.includes(name),
    );
    return stringReplacements(
      Object.fromEntries(names.map((name) => [`workspaces.${name}.bound`, String(bound.has(name))])),
    );
  },
);

/** Replaces references in a pipeline task's own fields and in its embedded spec, one group of values after the other. */
const applyReplacements = traced(
  'applyReplacements',
  (
    task: PipelineTask,
    own: readonly Replacements[],
    embedded: readonly Replacements[],
    room: Room = newRoom(),
  ): PipelineTask => {
    const applied = own.reduce((part, each) => substituteFields(part, PIPELINE_TASK_FIELDS, each, room), task);
    if (!task.taskSpec) return applied;
    const taskSpec = embedded.reduce(
      (part, each) => substituteFields(part, EMBEDDED_TASK_FIELDS, each, room),
      task.taskSpec,
    );
    return { ...applied, taskSpec };
  },
);

/** The run's params for an embedded task, without those that the task sets. For an object that it sets, the keys that are missing there (as upstream). */
const propagateParams = traced(
  'propagateParams',
  (params: readonly Param[], given: readonly Param[] = []): Replacements => {
    const own = new Map(given.map(({ name, value }) => [name, toParamValue(value)]));
    const others = params.filter(({ name }) => !own.has(name));
    const keys = params.flatMap(({ name, value }) => {
      const [inner, outer] = [own.get(name), value];
      if (!isObjectValue(inner) || !isObjectValue(outer)) return [];
      const missing = Object.entries(outer).filter(([key]) => !Object.hasOwn(inner, key));
      return [{ name, value: Object.fromEntries(missing) }];
    });
    return mergeReplacements(paramReplacements(others), stringReplacements(paramReplacements(keys).strings));
  },
);

/** What all tasks of a Pipeline have in common: there may be thousands of params, and thousands of tasks. */
interface CommonReplacements {
  params: Replacements;
  names: Replacements;
  workspaces: Replacements;
  /** All tasks are in memory together. */
  room: Room;
}

/**
 * A pipeline task with references to params, names and workspaces replaced, one kind after the other as in upstream: a param's value may refer
 * to names. An embedded task can use all of them, except params that it sets and workspaces that it declares with the same name.
 */
const applyToTask = traced(
  'applyToTask',
  (
    run: PipelineRun,
    spec: PipelineSpec,
    params: readonly Param[],
    task: PipelineTask,
    common: CommonReplacements,
  ): PipelineTask => {
    const { names, room } = common;
    const declared = (task.taskSpec?.workspaces ?? []).map(({ name }) => name);
    const propagated = task.taskSpec && task.params?.length ? propagateParams(params, task.params) : common.params;
    const workspaces = declared.length > 0 ? workspaceReplacements(run, spec, declared) : common.workspaces;
    return applyReplacements(task, [common.params, names, common.workspaces], [propagated, names, workspaces], room);
  },
);

/** The Pipeline with references to the run's params, names and workspaces replaced. */
export const applyParameters = traced('applyParameters', (run: PipelineRun, spec: PipelineSpec): PipelineSpec => {
  const params = resolveParams(spec.params, run.spec.params);
  const common: CommonReplacements = {
    params: paramReplacements(params),
    names: stringReplacements(getContextReplacements(run)),
    workspaces: workspaceReplacements(run, spec),
    room: newRoom(),
  };
  return {
    ...spec,
    ...(spec.tasks ? { tasks: spec.tasks.map((task) => applyToTask(run, spec, params, task, common)) } : {}),
    ...(spec.finally ? { finally: spec.finally.map((task) => applyToTask(run, spec, params, task, common)) } : {}),
  };
});

/** The pipeline task with references to other tasks' results replaced; in `finally` also to their states. */
export const applyTaskResults = traced(
  'applyTaskResults',
  ({ task, final }: TaskState, facts: PipelineRunFacts): PipelineTask => {
    const retries = stringReplacements({ 'context.pipelineTask.retries': String(task.retries ?? 0) });
    // Results are last: references in their values are not replaced.
    const all = [retries, ...(final ? [statusReplacements(facts)] : []), resultReplacements(facts)];
    return applyReplacements(task, all, all);
  },
);

/** The run's workspace bindings with references to its params and names replaced. */
export const applyParametersToWorkspaceBindings = traced(
  'applyParametersToWorkspaceBindings',
  (run: PipelineRun, spec: PipelineSpec): WorkspaceBinding[] => {
    const params = paramReplacements(resolveParams(spec.params, run.spec.params));
    return [params, stringReplacements(getContextReplacements(run))].reduce(
      (bindings, each) => bindings.map((binding) => substituteFields(binding, WORKSPACE_BINDING_FIELDS, each)),
      run.spec.workspaces ?? [],
    );
  },
);
