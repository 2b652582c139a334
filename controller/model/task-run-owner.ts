import type { OwnerReference } from '../../shared/kubernetes/types.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { Manage } from './managed-by.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';

/**
 * The owner reference of objects that a TaskRun creates. Beside upstream's controller it has `controller: false`, else upstream would
 * reconcile the TaskRun when the child changes.
 */
export function taskRunOwner(taskRun: TaskRun, manage: Manage): OwnerReference & { controller: boolean } {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    name: taskRun.metadata.name ?? '',
    uid: taskRun.metadata.uid ?? '',
    controller: manage === 'all',
    blockOwnerDeletion: true,
  };
}

export function isOwnedBy(object: KubeObject, taskRun: TaskRun): boolean {
  return (object.metadata.ownerReferences ?? []).some(({ uid }) => uid === taskRun.metadata.uid);
}
