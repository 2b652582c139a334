import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import { succeededCondition } from '../../shared/tekton/conditions.ts';
import { sameJson } from '../../shared/tekton/same-json.ts';
import type { Condition, TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { ReconcileContext } from './context.ts';

const pathOf = traced('pathOf', (taskRun: TaskRun, subresource?: string): string => {
  const { namespace, name } = taskRun.metadata;
  return resourcePath(TASK_RUNS, { namespace, name, ...(subresource ? { subresource } : {}) });
});

/** Writes the labels and annotations that came from the Task. */
const syncMetadata = traced(
  'syncMetadata',
  async (context: ReconcileContext, seen: TaskRun, taskRun: TaskRun): Promise<void> => {
    const { labels, annotations, resourceVersion } = taskRun.metadata;
    const same = sameJson(labels, seen.metadata.labels);
    if (same && sameJson(annotations, seen.metadata.annotations)) return;
    const body = { metadata: { labels, annotations, resourceVersion } };
    const written = await context.client.request<TaskRun>('PATCH', pathOf(taskRun), { body, contentType: MERGE_PATCH });
    taskRun.metadata.resourceVersion = written.metadata.resourceVersion;
  },
);

const updateStatus = traced(
  'updateStatus',
  async (context: ReconcileContext, seen: TaskRun, taskRun: TaskRun): Promise<boolean> => {
    if (sameJson(seen.status, taskRun.status)) return false;
    const { generation } = taskRun.metadata;
    const status = { ...taskRun.status, ...(generation === undefined ? {} : { observedGeneration: generation }) };
    const body = { ...taskRun, status };
    const written = await context.client.request<TaskRun>('PUT', pathOf(taskRun, 'status'), { body });
    const { uid, resourceVersion } = written.metadata;
    context.written.set(objectKey(taskRun.metadata), { uid, resourceVersion });
    return true;
  },
);

/** Events as upstream has them, but for Pending, whose message changes with every look of the scheduler. */
export const emitReconcileEvents = traced(
  'emitReconcileEvents',
  (context: ReconcileContext, taskRun: TaskRun, before: Condition | undefined, started: boolean): void => {
    const after = succeededCondition(taskRun);
    if (started) context.events.record(taskRun, 'Normal', 'Started', '');
    if (!after || (after.reason === before?.reason && after.message === before?.message)) return;
    if (after.status === 'True') context.events.record(taskRun, 'Normal', 'Succeeded', after.message ?? '');
    else if (after.status === 'False') context.events.record(taskRun, 'Warning', 'Failed', after.message ?? '');
    else if (after.reason !== 'Started' && after.reason !== 'Pending') {
      context.events.record(taskRun, 'Normal', after.reason ?? '', after.message ?? '');
    }
  },
);

/** Writes what the reconcile changed; true when the status did. A TaskRun deleted meanwhile needs none of it. Throws on conflict. */
export const persist = traced(
  'persist',
  async (context: ReconcileContext, seen: TaskRun, taskRun: TaskRun): Promise<boolean> => {
    try {
      await syncMetadata(context, seen, taskRun);
      return await updateStatus(context, seen, taskRun);
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  },
);
