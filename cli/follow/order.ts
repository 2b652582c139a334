import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';

type Run = PipelineRun | TaskRun;

const TEKTON_GROUP = 'tekton.dev/';

/** A PipelineRun or TaskRun of any version of Tekton's API. */
export const isRun = (object: KubeObject): object is Run =>
  (object.kind === 'PipelineRun' || object.kind === 'TaskRun') && (object.apiVersion ?? '').startsWith(TEKTON_GROUP);

/** Kinds that others need come first. Other kinds come after these and before the runs. */
const FIRST_KINDS = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
  'StepAction',
  'Task',
  'Pipeline',
];

function rank(object: KubeObject): number {
  if (isRun(object)) return FIRST_KINDS.length + 1;
  const index = FIRST_KINDS.indexOf(object.kind ?? '');
  return index === -1 ? FIRST_KINDS.length : index;
}

/** The objects in creation order: definitions before runs, in the given order within a kind. */
export function inCreationOrder<T extends { object: KubeObject }>(manifests: readonly T[]): T[] {
  return manifests.toSorted((a, b) => rank(a.object) - rank(b.object));
}
