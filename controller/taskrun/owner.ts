import type { OwnerReference } from '../../shared/kubernetes/types.ts';
import type { Manage } from '../../shared/tekton/managed-by.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';

/**
 * The owner reference that what a TaskRun creates carries. Beside upstream's controller it is no *controller* reference: upstream
 * would reconcile the TaskRun as soon as the child changes (design 1).
 */
export const taskRunOwner = traced(
  'taskRunOwner',
  (taskRun: TaskRun, manage: Manage): OwnerReference & { controller: boolean } => ({
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    name: taskRun.metadata.name ?? '',
    uid: taskRun.metadata.uid ?? '',
    controller: manage === 'all',
    blockOwnerDeletion: true,
  }),
);

export const isOwnedBy = traced('isOwnedBy', (object: KubeObject, taskRun: TaskRun): boolean =>
  (object.metadata.ownerReferences ?? []).some(({ uid }) => uid === taskRun.metadata.uid),
);
