import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import { isDone, succeededCondition } from '../../shared/tekton/conditions.ts';
import { isFinished } from '../model/pod/observed.ts';
import { isRefused } from '../model/refused.ts';
import { sameJson } from '../model/same-json.ts';
import { markFailed } from '../model/task-run-condition.ts';
import type { Condition, TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { parentOf } from '../../shared/tekton/parent-of.ts';
import type { ReconcileContext } from './context.ts';
import { deletePod, failTaskRun } from './fail-task-run.ts';
import { findPod } from './find-pod.ts';

const pathOf = traced('pathOf', (taskRun: TaskRun, subresource?: string): string => {
  const { namespace, name } = taskRun.metadata;
  return resourcePath(TASK_RUNS, { namespace, name, ...(subresource ? { subresource } : {}) });
});

/** Writes the labels and annotations of the Task to the TaskRun. */
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
    context.written.note(written, context.taskRuns.get(objectKey(written.metadata)));
    return true;
  },
);

/** Reasons without an Event of their own: the first has one already, the others are every run's normal progress. */
const REASONS_WITHOUT_EVENT = ['Started', 'Pending', 'Running'];

/** Records Events with upstream's reasons, only those that `kubectl describe` needs. */
export const emitReconcileEvents = traced(
  'emitReconcileEvents',
  (context: ReconcileContext, taskRun: TaskRun, before: Condition | undefined, started: boolean): void => {
    const after = succeededCondition(taskRun);
    // The run's status and Events report the progress of its TaskRuns; their own Events report only waits and failures.
    const isChild = parentOf(taskRun) !== undefined;
    if (started && !isChild) context.events.record(taskRun, 'Normal', 'Started', context.tracing.describe(taskRun));
    if (!after || (after.reason === before?.reason && after.message === before?.message)) return;
    if (after.status === 'True') {
      if (!isChild) context.events.record(taskRun, 'Normal', 'Succeeded', after.message ?? '');
    } else if (after.status === 'False') context.events.record(taskRun, 'Warning', 'Failed', after.message ?? '');
    else if (!REASONS_WITHOUT_EVENT.includes(after.reason ?? '')) {
      context.events.record(taskRun, 'Normal', after.reason ?? '', after.message ?? '');
    }
  },
);

/** Fails a TaskRun whose labels and annotations were refused, without them. */
const syncMetadataOrFail = traced(
  'syncMetadataOrFail',
  async (context: ReconcileContext, seen: TaskRun, taskRun: TaskRun): Promise<void> => {
    try {
      await syncMetadata(context, seen, taskRun);
    } catch (error) {
      if (!isRefused(error)) throw error;
      taskRun.metadata = seen.metadata;
      const message = `the TaskRun can't get the labels and annotations of its Task: ${error.message}`;
      await failTaskRun(context, taskRun, 'TaskRunValidationFailed', message);
    }
  },
);

/** Fails a TaskRun whose status the API server refuses, with its previous status and a condition. */
const updateStatusOrFail = traced(
  'updateStatusOrFail',
  async (context: ReconcileContext, seen: TaskRun, taskRun: TaskRun): Promise<boolean> => {
    try {
      return await updateStatus(context, seen, taskRun);
    } catch (error) {
      if (!isRefused(error)) throw error;
      if (isDone(seen)) {
        context.log.warn("the end of the TaskRun's sidecars can't be written", {
          taskrun: objectKey(seen.metadata),
          error,
        });
        return false;
      }
      const { startTime, podName } = taskRun.status ?? {};
      const pod = await findPod(context, taskRun);
      const status = {
        ...structuredClone(seen.status),
        ...(startTime ? { startTime } : {}),
        ...(podName ? { podName } : {}),
      };
      taskRun.status = status;
      // Without the steps' states, because the Pod's report may be the reason.
      markFailed(status, 'Failed', `the TaskRun's status can't be written: ${error.message}`, context.clock());
      if (pod && !isFinished(pod)) await deletePod(context, pod);
      return updateStatus(context, seen, taskRun);
    }
  },
);

/** Writes the reconcile's changes. True if the status changed. Does nothing for a deleted TaskRun. Throws on a conflict. */
export const persist = traced(
  'persist',
  async (context: ReconcileContext, seen: TaskRun, taskRun: TaskRun): Promise<boolean> => {
    try {
      await syncMetadataOrFail(context, seen, taskRun);
      return await updateStatusOrFail(context, seen, taskRun);
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  },
);
