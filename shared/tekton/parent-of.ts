import type { KubeObject } from '../kubernetes/types.ts';

/** The PipelineRun that a run belongs to. */
export interface Parent {
  namespace: string;
  name: string;
  uid: string;
}

/**
 * The PipelineRun that owns a run (a TaskRun, a CustomRun, a child PipelineRun), by owner reference; undefined where none does. An owner
 * reference names no namespace: Kubernetes looks for the owner in the namespace of the dependent, so a PipelineRun of another
 * namespace is never a parent, even where its uid is named.
 */
export function parentOf({ metadata }: KubeObject): Parent | undefined {
  const owner = metadata.ownerReferences?.find(
    ({ kind, apiVersion }) => kind === 'PipelineRun' && apiVersion.startsWith('tekton.dev/'),
  );
  return owner && { namespace: metadata.namespace ?? '', name: owner.name, uid: owner.uid };
}

/** Whether `run` is what `parent` names. */
export function isParent({ metadata }: KubeObject, parent: Parent): boolean {
  return metadata.uid === parent.uid && (metadata.namespace ?? '') === parent.namespace;
}
