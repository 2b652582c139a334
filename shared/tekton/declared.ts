import type { KubeObject } from '../kubernetes/types.ts';
import { allReferences } from './result-references.ts';
import type { Pipeline, PipelineRun, PipelineSpec, Task, TaskRun, TaskSpec } from './types.ts';
import { paramOf } from './validation/task.ts';

/** Names that a run may give values to. */
export interface DeclaredNames {
  params: string[];
  workspaces: string[];
}

const namesOf = (named: readonly { name: string }[] | undefined): string[] => (named ?? []).map(({ name }) => name);

const unique = (names: readonly string[]): string[] => [...new Set(names)];

/** What an embedded spec refers to without declaring it: Tekton passes the run's params and workspaces on by name. */
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

function ofEmbedded(spec: PipelineSpec | TaskSpec): DeclaredNames {
  const used = usedNames(spec);
  const tasks =
    'steps' in spec ? [] : [...((spec as PipelineSpec).tasks ?? []), ...((spec as PipelineSpec).finally ?? [])];
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

/** The object of that kind and name in the run's namespace; objects without a namespace go where the run goes. */
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

/**
 * The params and workspaces that a run can give: those its embedded Pipeline or Task declares or uses, or those declared by the one it
 * names, found among `objects` (by kind, name and namespace). Undefined when that one is not among them.
 */
export function declaredNames(run: PipelineRun | TaskRun, objects: readonly KubeObject[]): DeclaredNames | undefined {
  const { pipelineSpec, pipelineRef } = run.spec as PipelineRun['spec'];
  const { taskSpec, taskRef } = run.spec as TaskRun['spec'];
  const embedded = pipelineSpec ?? taskSpec;
  if (embedded) return ofEmbedded(embedded);
  const found = pipelineRef
    ? findObject(run, 'Pipeline', pipelineRef.name, objects)
    : findObject(run, 'Task', taskRef?.name, objects);
  const spec = (found as Pipeline | Task | undefined)?.spec;
  return spec && ofReferenced(spec);
}
