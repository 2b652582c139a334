import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { Controller } from '../../shared/kubernetes/controller.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import type { Reflector } from '../../shared/kubernetes/reflector.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { LABEL_TASK_RUN } from '../../shared/tekton/annotations.ts';
import type { Manage } from '../../shared/tekton/managed-by.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import type { RunTracing } from '../../shared/tracing/run-tracing.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { ReconcileContext } from './context.ts';
import type { Images } from './pod/images.ts';
import { reconcileTaskRun } from './reconcile-task-run.ts';

export interface TaskRunControllerOptions {
  client: KubeClient;
  reflectors: { taskRuns: Reflector<TaskRun>; pods: Reflector<Pod> };
  tracing: RunTracing;
  manage: Manage;
  images: Images;
  events: EventRecorder;
  clock: () => Date;
  log: Logger;
  workers?: number;
}

/**
 * The controller that executes TaskRuns. It adds its handlers to the reflectors, so it is made before they run; `start` it
 * when both are synced.
 */
export const createTaskRunController = traced(
  'createTaskRunController',
  (options: TaskRunControllerOptions): Controller => {
    const { client, reflectors, tracing, manage, images, events, clock, log, workers } = options;
    const context: ReconcileContext = {
      client,
      taskRuns: reflectors.taskRuns.store,
      pods: reflectors.pods.store,
      written: new Map(),
      tracing,
      manage,
      images,
      events,
      clock,
      log,
    };
    const reconcile = traced('reconcileKey', (key: string) => reconcileTaskRun(context, key));
    const controller = new Controller({ name: 'taskrun', reconcile, log, ...(workers ? { workers } : {}) });
    const enqueue = traced('enqueue', (taskRun: TaskRun) => controller.queue.add(objectKey(taskRun.metadata)));
    const enqueueOwner = traced('enqueueOwner', (pod: Pod) => {
      const name = pod.metadata.labels?.[LABEL_TASK_RUN];
      if (name !== undefined) controller.queue.add(objectKey({ namespace: pod.metadata.namespace, name }));
    });
    reflectors.taskRuns.addHandler({ added: enqueue, updated: enqueue, deleted: enqueue });
    reflectors.pods.addHandler({ added: enqueueOwner, updated: enqueueOwner, deleted: enqueueOwner });
    return controller;
  },
);
