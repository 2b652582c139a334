import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { allReferences } from '../../shared/tekton/result-references.ts';
import type {
  ParamSpec,
  ParamType,
  Pipeline,
  PipelineRun,
  PipelineSpec,
  PipelineTask,
  Task,
  TaskRun,
  TaskSpec,
} from '../../shared/tekton/types.ts';
import { paramOf } from '../../shared/tekton/validation/task.ts';

/** Params and workspaces that a run may give values to. */
export interface DeclaredNames {
  params: string[];
  workspaces: string[];
}

const namesOf = (named: readonly { name: string }[] | undefined): string[] => (named ?? []).map(({ name }) => name);

const unique = (names: readonly string[]): string[] => [...new Set(names)];

/** Names that an embedded spec refers to without a declaration: Tekton propagates the run's params and workspaces. */
function usedNames(spec: PipelineSpec | TaskSpec): DeclaredNames {
  const references = allReferences(spec);
  return {
    params: references.map(paramOf).filter((name) => name !== undefined),
    workspaces: references
      .map((reference) => /^workspaces\.([^.]+)\./.exec(reference)?.[1])
      .filter((name) => name !== undefined),
  };
}

function ofReferenced(spec: PipelineSpec | TaskSpec): DeclaredNames {
  return { params: namesOf(spec.params), workspaces: namesOf(spec.workspaces) };
}

function tasksOf(spec: PipelineSpec | TaskSpec): PipelineTask[] {
  const { tasks = [], finally: last = [] } = 'steps' in spec ? {} : (spec as PipelineSpec);
  return [...tasks, ...last];
}

function ofEmbedded(spec: PipelineSpec | TaskSpec): DeclaredNames {
  const used = usedNames(spec);
  const tasks = tasksOf(spec);
  const inner = tasks.map(({ taskSpec = {} }) => ofReferenced(taskSpec));
  const bound = tasks.flatMap(({ workspaces = [] }) => workspaces.map(({ name, workspace }) => workspace ?? name));
  return {
    params: unique([...namesOf(spec.params), ...inner.flatMap(({ params }) => params), ...used.params]),
    workspaces: unique([
      ...namesOf(spec.workspaces),
      ...inner.flatMap(({ workspaces }) => workspaces),
      ...bound,
      ...used.workspaces,
    ]),
  };
}

/** The object of that kind and name in the run's namespace. An object without a namespace gets the run's. */
function findObject(
  run: KubeObject,
  kind: string,
  name: string | undefined,
  objects: readonly KubeObject[],
): KubeObject | undefined {
  return objects.find(
    (object) =>
      object.kind === kind &&
      object.metadata.name === name &&
      (object.metadata.namespace ?? run.metadata.namespace) === (run.metadata.namespace ?? object.metadata.namespace),
  );
}

/** The spec that a run executes: the embedded one, or that of its Pipeline or Task if it is among `objects`. */
function specOf(
  run: PipelineRun | TaskRun,
  objects: readonly KubeObject[],
): { spec: PipelineSpec | TaskSpec; isEmbedded: boolean } | undefined {
  const { pipelineSpec, pipelineRef } = run.spec as PipelineRun['spec'];
  const { taskSpec, taskRef } = run.spec as TaskRun['spec'];
  const embedded = pipelineSpec ?? taskSpec;
  if (embedded) return { spec: embedded, isEmbedded: true };
  const found = pipelineRef
    ? findObject(run, 'Pipeline', pipelineRef.name, objects)
    : findObject(run, 'Task', taskRef?.name, objects);
  const spec = (found as Pipeline | Task | undefined)?.spec;
  return spec && { spec, isEmbedded: false };
}

/**
 * The params and workspaces that a run can give: those that its embedded Pipeline or Task declares or uses, or those that the referenced one
 * declares. That one is searched in `objects` by kind, name and namespace; undefined if it is not there.
 */
export function declaredNames(run: PipelineRun | TaskRun, objects: readonly KubeObject[]): DeclaredNames | undefined {
  const found = specOf(run, objects);
  return found && (found.isEmbedded ? ofEmbedded(found.spec) : ofReferenced(found.spec));
}

/** The type of a declared param. Without a type it follows from the properties or the default (upstream's ParamSpec.SetDefaults). */
function typeOf({ type, properties, default: value }: ParamSpec): ParamType {
  if (type) return type;
  if (properties) return 'object';
  if (value === undefined || value === null || typeof value === 'string') return 'string';
  return Array.isArray(value) ? 'array' : 'object';
}

/**
 * The types of the params that a run can give, by name: from the declarations (see declaredNames; an embedded Pipeline wins over its tasks),
 * else from the values in the run.
 */
export function paramTypes(run: PipelineRun | TaskRun, objects: readonly KubeObject[]): Map<string, ParamType> {
  const found = specOf(run, objects);
  const tasks = found?.isEmbedded ? tasksOf(found.spec).flatMap(({ taskSpec }) => taskSpec?.params ?? []) : [];
  const own = (run.spec.params ?? []).map(({ name, value }): ParamSpec => ({ name, default: value }));
  const types = new Map<string, ParamType>();
  for (const spec of [...(found?.spec.params ?? []), ...tasks, ...own])
    if (!types.has(spec.name)) types.set(spec.name, typeOf(spec));
  return types;
}
