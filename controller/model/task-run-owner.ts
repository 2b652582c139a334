import type { OwnerReference } from '../../shared/kubernetes/types.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { isBesideUpstream } from './managed-by.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';

/** The owner reference of objects that a TaskRun creates: `controller: false` if upstream's controller may run beside this one. */
export function taskRunOwner(taskRun: TaskRun): OwnerReference & { controller: boolean } {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    name: taskRun.metadata.name ?? '',
    uid: taskRun.metadata.uid ?? '',
    controller: !isBesideUpstream(taskRun),
    blockOwnerDeletion: true,
  };
}

/** Whether the TaskRun owns the object. An owner reference has no namespace: the owner is in the object's. */
export function isOwnedBy({ metadata }: KubeObject, taskRun: TaskRun): boolean {
  const isNamed = (metadata.ownerReferences ?? []).some(({ uid }) => uid === taskRun.metadata.uid);
  return isNamed && metadata.namespace === taskRun.metadata.namespace;
}
