import type { ValidationError } from './validation-error.ts';

/**
 * Fields of Tekton v1 that the drive controllers do not execute, and what to do instead. A run with such a field fails with the field's path:
 * nothing is silently different. `[]` means every element of a list.
 */
interface Unsupported {
  field: string;
  instead: string;
}

const RESOLVER = "name a Task or Pipeline of the run's namespace";
const STEP_ACTION = 'write the step into the Task';

const TASK_SPEC: readonly Unsupported[] = [
  { field: 'steps[].ref', instead: STEP_ACTION },
  { field: 'steps[].params', instead: STEP_ACTION },
  { field: 'steps[].results', instead: 'write results of the Task' },
  { field: 'steps[].when', instead: "test in the step's script" },
  { field: 'steps[].workspaces', instead: 'workspaces are mounted in every step' },
  { field: 'steps[].stdoutConfig', instead: "redirect in the step's script" },
  { field: 'steps[].stderrConfig', instead: "redirect in the step's script" },
  { field: 'sidecars[].workspaces', instead: 'workspaces are mounted in every container' },
  { field: 'results[].value', instead: 'write the result in a step' },
];

const PIPELINE_TASK: readonly Unsupported[] = [
  { field: 'matrix', instead: 'write one task for each combination' },
  { field: 'pipelineRef', instead: "list the other Pipeline's tasks" },
  { field: 'pipelineSpec', instead: "list the other Pipeline's tasks" },
  { field: 'taskRef.resolver', instead: RESOLVER },
  { field: 'taskSpec.spec', instead: 'custom tasks are not run' },
  { field: 'when[].cel', instead: 'use input, operator and values' },
];

const prefixed = (prefix: string, fields: readonly Unsupported[]): Unsupported[] =>
  fields.map(({ field, instead }) => ({ field: `${prefix}.${field}`, instead }));

const PIPELINE_SPEC: readonly Unsupported[] = ['tasks[]', 'finally[]'].flatMap((list) => [
  ...prefixed(list, PIPELINE_TASK),
  ...prefixed(`${list}.taskSpec`, TASK_SPEC),
]);

const TASK_RUN_SPEC: readonly Unsupported[] = [
  { field: 'taskRef.resolver', instead: RESOLVER },
  { field: 'debug', instead: 'leave it out' },
  { field: 'stepSpecs', instead: 'set computeResources on the steps' },
  { field: 'sidecarSpecs', instead: 'set computeResources on the sidecars' },
  { field: 'computeResources', instead: 'set computeResources on the steps' },
  { field: 'workspaces[].csi', instead: 'use a persistentVolumeClaim' },
  ...prefixed('taskSpec', TASK_SPEC),
];

const PIPELINE_RUN_SPEC: readonly Unsupported[] = [
  { field: 'pipelineRef.resolver', instead: RESOLVER },
  { field: 'taskRunSpecs[].stepSpecs', instead: 'set computeResources on the steps' },
  { field: 'taskRunSpecs[].sidecarSpecs', instead: 'set computeResources on the sidecars' },
  { field: 'taskRunSpecs[].computeResources', instead: 'set computeResources on the steps' },
  { field: 'workspaces[].csi', instead: 'use a persistentVolumeClaim' },
  ...prefixed('pipelineSpec', PIPELINE_SPEC),
];

/** The paths in `value` that match a pattern such as `tasks[].matrix` and have a value. */
function pathsOf(value: unknown, segments: readonly string[], at: string): string[] {
  const [segment, ...rest] = segments;
  if (segment === undefined) return value === undefined || value === null ? [] : [at];
  if (typeof value !== 'object' || value === null) return [];
  const list = segment.endsWith('[]');
  const name = list ? segment.slice(0, -2) : segment;
  const inner = (value as Record<string, unknown>)[name];
  if (!list) return pathsOf(inner, rest, `${at}.${name}`);
  return Array.isArray(inner)
    ? inner.flatMap((element, index) => pathsOf(element, rest, `${at}.${name}[${index}]`))
    : [];
}

function find(spec: unknown, path: string, fields: readonly Unsupported[]): ValidationError[] {
  return fields.flatMap(({ field, instead }) =>
    pathsOf(spec, field.split('.'), path).map((at) => ({
      path: at,
      message: `is not executed by this controller: ${instead}`,
    })),
  );
}

/** The fields of a TaskSpec at `path` that are not executed. */
export const unsupportedInTask = (spec: unknown, path = 'spec'): ValidationError[] => find(spec, path, TASK_SPEC);
/** The fields of a PipelineSpec at `path` that are not executed. */
export const unsupportedInPipeline = (spec: unknown, path = 'spec'): ValidationError[] => [
  ...find(spec, path, PIPELINE_SPEC),
  ...customTasks(spec, path),
];
/** The fields of a TaskRun's spec, with its embedded Task, that are not executed. */
export const unsupportedInTaskRun = (spec: unknown, path = 'spec'): ValidationError[] =>
  find(spec, path, TASK_RUN_SPEC);
/** The fields of a PipelineRun's spec, with its embedded Pipeline, that are not executed. */
export const unsupportedInPipelineRun = (spec: { pipelineSpec?: unknown }, path = 'spec'): ValidationError[] => [
  ...find(spec, path, PIPELINE_RUN_SPEC),
  ...customTasks(spec.pipelineSpec, `${path}.pipelineSpec`),
];

/** A reference or embedded spec of another API group is a custom task. */
function customTasks(spec: unknown, path: string): ValidationError[] {
  const lists = (spec ?? {}) as Record<
    string,
    { taskRef?: { apiVersion?: string }; taskSpec?: { apiVersion?: string } }[] | undefined
  >;
  return ['tasks', 'finally'].flatMap((list) =>
    (lists[list] ?? []).flatMap((task, index) =>
      (['taskRef', 'taskSpec'] as const)
        .filter((kind) => task[kind]?.apiVersion && !task[kind].apiVersion.startsWith('tekton.dev/'))
        .map((kind) => ({
          path: `${path}.${list}[${index}].${kind}.apiVersion`,
          message: 'custom tasks are not executed by this controller',
        })),
    ),
  );
}
