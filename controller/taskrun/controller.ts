import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { Controller } from '../../shared/kubernetes/controller.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import type { WorkQueueObserver } from '../../shared/kubernetes/work-queue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { LABEL_TASK_RUN } from '../../shared/tekton/annotations.ts';
import type { Policy } from '../policy.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import { isFinished } from '../model/pod/observed.ts';
import { remainingMs } from '../model/task-run-timeout.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import type { RunTracing } from '../../shared/tracing/run-tracing.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { CreatedNames } from '../watch/created-names.ts';
import type { Watches } from '../watch/watches.ts';
import { WrittenVersions } from '../watch/written-versions.ts';
import { podNeedsReconcile, taskRunNeedsReconcile } from './needs-reconcile.ts';
import type { ReconcileContext } from './context.ts';
import type { Images } from './pod/images.ts';
import { reconcileTaskRun } from './reconcile-task-run.ts';
import { needsStopSidecars } from './sidecars.ts';

/** Delay of a reconcile after a Pod's update, because a kubelet's updates come in bursts. A Pod's end is reconciled at once. */
const POD_SETTLE_MS = 50;

export interface TaskRunControllerOptions {
  client: KubeClient;
  watches: Pick<Watches, 'taskRuns' | 'pods'>;
  tracing: RunTracing;
  policy: Pick<Policy, 'isExecuted'>;
  images: Images;
  events: EventRecorder;
  clock: () => Date;
  log: Logger;
  observer?: WorkQueueObserver;
  workers?: number;
}

/**
 * The controller that executes TaskRuns. It adds its handlers to the watches, so create it before they run; call `start` when
 * both are synced.
 */
export const createTaskRunController = traced(
  'createTaskRunController',
  (options: TaskRunControllerOptions): Controller => {
    const { client, watches, tracing, policy, images, events, clock, log, observer, workers } = options;
    const context: ReconcileContext = {
      client,
      taskRuns: watches.taskRuns.store,
      pods: watches.pods.store,
      written: new WrittenVersions(),
      created: new CreatedNames(),
      tracing,
      policy,
      images,
      events,
      clock,
      log,
    };
    const dueInMs = traced('dueInMs', (key: string) => {
      const taskRun = context.taskRuns.get(key);
      return taskRun && !isDone(taskRun) ? remainingMs(taskRun, clock()) : undefined;
    });
    const controller = new Controller({
      name: 'taskrun',
      reconcile: reconcileTaskRun.bind(undefined, context),
      dueInMs,
      log,
      ...(observer && { observer }),
      ...(workers ? { workers } : {}),
    });
    const enqueue = traced('enqueue', (taskRun: TaskRun) => controller.queue.add(objectKey(taskRun.metadata)));
    const hasWork = traced('hasWork', (taskRun: TaskRun) => !isDone(taskRun) || needsStopSidecars(context, taskRun));
    const enqueueChanged = traced('enqueueChanged', (taskRun: TaskRun, before: TaskRun) => {
      const awaited = context.written.arrived(taskRun);
      if (!hasWork(taskRun)) controller.queue.cancelDelayed(objectKey(taskRun.metadata));
      else if (awaited || taskRunNeedsReconcile(taskRun, before)) enqueue(taskRun);
    });
    const forget = traced('forget', (taskRun: TaskRun) => {
      context.written.forget(taskRun);
      context.created.forgetOwner(taskRun.metadata.uid ?? '');
      controller.queue.cancelDelayed(objectKey(taskRun.metadata));
    });
    const enqueueOwner = traced('enqueueOwner', (pod: Pod, delayMs?: number) => {
      const name = pod.metadata.labels?.[LABEL_TASK_RUN];
      if (name === undefined) return;
      const key = objectKey({ namespace: pod.metadata.namespace, name });
      const taskRun = context.taskRuns.get(key);
      // A TaskRun that is not in the cache yet is reconciled when it arrives.
      if (taskRun && hasWork(taskRun)) controller.queue.addAfter(key, delayMs ?? 0);
    });
    const enqueueOwnerOfChanged = traced('enqueueOwnerOfChanged', (pod: Pod, before?: Pod) => {
      const { ownerReferences = [], name = '' } = pod.metadata;
      for (const owner of ownerReferences) context.created.forget(owner.uid, name);
      if (podNeedsReconcile(pod, before)) enqueueOwner(pod, isFinished(pod) ? 0 : POD_SETTLE_MS);
    });
    watches.taskRuns.addHandler({ added: enqueue, updated: enqueueChanged, deleted: forget });
    watches.pods.addHandler({
      added: enqueueOwnerOfChanged,
      updated: enqueueOwnerOfChanged,
      deleted: enqueueOwner,
    });
    return controller;
  },
);
