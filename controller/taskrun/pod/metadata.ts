import type { V1ObjectMeta } from '@kubernetes/client-node';

import { LABEL_TASK_RUN, LABEL_TASK_RUN_UID, POD_READY, POD_READY_VALUE } from '../../../shared/tekton/annotations.ts';
import { podNameOf } from '../../../shared/tekton/containers.ts';
import { isBesideUpstream } from '../../model/managed-by.ts';
import { taskRunOwner } from '../../model/task-run-owner.ts';
import type { TaskRun } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';

/** Upstream's Pod informer selects on this label: without it, upstream never touches the Pod. */
const LABEL_MANAGED_BY = 'app.kubernetes.io/managed-by';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Name, labels, annotations and owner of the TaskRun's Pod. `ready` lets the first step start at once. */
export const podMetadata = traced('podMetadata', (taskRun: TaskRun, ready: boolean): V1ObjectMeta => {
  const { [LABEL_MANAGED_BY]: _managedBy, ...labels } = taskRun.metadata.labels ?? {};
  const { [LABEL_MANAGED_BY]: _same, [LAST_APPLIED]: _applied, ...annotations } = taskRun.metadata.annotations ?? {};
  return {
    name: podNameOf(taskRun),
    namespace: taskRun.metadata.namespace,
    labels: {
      ...labels,
      [LABEL_TASK_RUN]: taskRun.metadata.name ?? '',
      [LABEL_TASK_RUN_UID]: taskRun.metadata.uid ?? '',
      ...(isBesideUpstream(taskRun) ? {} : { [LABEL_MANAGED_BY]: 'tekton-pipelines' }),
    },
    annotations: { ...annotations, ...(ready ? { [POD_READY]: POD_READY_VALUE } : {}) },
    ownerReferences: [taskRunOwner(taskRun)],
  };
});
