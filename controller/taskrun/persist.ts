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
    context.written.note(written, context.taskRuns.get(objectKey(written.metadata)));
    return true;
  },
);

/** Reasons of which the condition says enough: the first goes with an Event of its own, the others are how every run goes on. */
const REASONS_WITHOUT_EVENT = ['Started', 'Pending', 'Running'];

/** Events with upstream's reasons, as few as `kubectl describe` needs. */
export const emitReconcileEvents = traced(
  'emitReconcileEvents',
  (context: ReconcileContext, taskRun: TaskRun, before: Condition | undefined, started: boolean): void => {
    const after = succeededCondition(taskRun);
    // What a TaskRun of a run does shows in the run's status and Events; only what it waits for or fails of is told by Events of its own.
    const isChild = parentOf(taskRun) !== undefined;
    if (started && !isChild) context.events.record(taskRun, 'Normal', 'Started', '');
    if (!after || (after.reason === before?.reason && after.message === before?.message)) return;
    if (after.status === 'True') {
      if (!isChild) context.events.record(taskRun, 'Normal', 'Succeeded', after.message ?? '');
    } else if (after.status === 'False') context.events.record(taskRun, 'Warning', 'Failed', after.message ?? '');
    else if (!REASONS_WITHOUT_EVENT.includes(after.reason ?? '')) {
      context.events.record(taskRun, 'Normal', after.reason ?? '', after.message ?? '');
    }
  },
);

/** The labels and annotations are refused: the TaskRun ends without them. */
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

/** A status that the API server refuses becomes the TaskRun's end, said on top of the status it had. */
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
      // Not the steps' states: what the Pod reports may be what was too much.
      markFailed(status, 'Failed', `the TaskRun's status can't be written: ${error.message}`, context.clock());
      if (pod && !isFinished(pod)) await deletePod(context, pod);
      return updateStatus(context, seen, taskRun);
    }
  },
);

/** Writes what the reconcile changed; true when the status did. A TaskRun deleted meanwhile needs none of it. Throws on conflict. */
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
