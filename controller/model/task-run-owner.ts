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

export function isOwnedBy(object: KubeObject, taskRun: TaskRun): boolean {
  return (object.metadata.ownerReferences ?? []).some(({ uid }) => uid === taskRun.metadata.uid);
}
