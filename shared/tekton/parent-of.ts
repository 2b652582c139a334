import type { KubeObject } from '../kubernetes/types.ts';

/** Reference to the PipelineRun that owns a run. */
export interface Parent {
  namespace: string;
  name: string;
  uid: string;
}

/**
 * The PipelineRun that owns a run (a TaskRun, a CustomRun, a child PipelineRun), from its owner references; undefined if there is none. An owner
 * reference has no namespace: the owner is in the dependent's namespace. So a PipelineRun of another namespace is never a parent, even
 * with the right uid.
 */
export function parentOf({ metadata }: KubeObject): Parent | undefined {
  const owner = metadata.ownerReferences?.find(
    ({ kind, apiVersion }) => kind === 'PipelineRun' && apiVersion.startsWith('tekton.dev/'),
  );
  return owner && { namespace: metadata.namespace ?? '', name: owner.name, uid: owner.uid };
}

/** Whether `parent` refers to `run`. */
export function isParent({ metadata }: KubeObject, parent: Parent): boolean {
  return metadata.uid === parent.uid && (metadata.namespace ?? '') === parent.namespace;
}
