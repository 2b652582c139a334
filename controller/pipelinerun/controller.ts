import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { Controller } from '../../shared/kubernetes/controller.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import type { Reflector } from '../../shared/kubernetes/reflector.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import type { WorkQueueObserver } from '../../shared/kubernetes/work-queue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { Manage } from '../../shared/tekton/managed-by.ts';
import { untilNextTimeoutMs } from '../../shared/tekton/pipeline-run-timeouts.ts';
import { readAnnotations } from '../../shared/tekton/read-annotations.ts';
import { sameJson } from '../../shared/tekton/same-json.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { RunTracing } from '../../shared/tracing/run-tracing.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { CreatedNames } from '../created-names.ts';
import { WrittenVersions } from '../written-versions.ts';
import { runningChildren } from './cancel.ts';
import { cachedChildren } from './children.ts';
import type { PipelineRunContext } from './context.ts';
import { forgetRun, reconcilePipelineRun } from './reconcile-pipeline-run.ts';

export interface PipelineRunControllerOptions {
  client: KubeClient;
  /** `taskRuns` with the index `owner`: uids of owning PipelineRuns. */
  reflectors: { pipelineRuns: Reflector<PipelineRun>; taskRuns: Reflector<TaskRun> };
  tracing: RunTracing;
  manage: Manage;
  events: EventRecorder;
  clock: () => Date;
  log: Logger;
  observer?: WorkQueueObserver;
  workers?: number;
}

/** Anything but the status, which this controller writes itself: the spec (it has a generation), annotations, deletion. */
const asksForLook = traced('asksForLook', (run: PipelineRun, before: PipelineRun): boolean => {
  const { generation, deletionTimestamp } = run.metadata;
  return (
    generation !== before.metadata.generation ||
    deletionTimestamp !== before.metadata.deletionTimestamp ||
    !sameJson(readAnnotations(run), readAnnotations(before))
  );
});

/**
 * The controller that executes PipelineRuns. It adds its handlers to the reflectors, so it is made before they run; `start` it
 * when both are synced.
 */
export const createPipelineRunController = traced(
  'createPipelineRunController',
  (options: PipelineRunControllerOptions): Controller => {
    const { reflectors, client, tracing, manage, events, clock, log, observer, workers } = options;
    const context: PipelineRunContext = {
      client,
      pipelineRuns: reflectors.pipelineRuns.store,
      taskRuns: reflectors.taskRuns.store,
      tracing,
      manage,
      events,
      written: new WrittenVersions(),
      created: new CreatedNames(),
      taskSpecs: new Map(),
      clock,
      log,
    };
    const reconcile = traced('reconcileKey', (key: string) => reconcilePipelineRun(context, key));
    const dueInMs = traced('dueInMs', (key: string) => {
      const run = context.pipelineRuns.get(key);
      return run && !isDone(run) ? untilNextTimeoutMs(run, clock()) : undefined;
    });
    const controller = new Controller({
      name: 'pipelinerun',
      reconcile,
      dueInMs,
      log,
      ...(observer && { observer }),
      ...(workers ? { workers } : {}),
    });
    const enqueue = traced('enqueue', (run: PipelineRun) => controller.queue.add(objectKey(run.metadata)));
    const forget = traced('forget', (run: PipelineRun) => {
      context.written.forget(run);
      forgetRun(context, run);
      controller.queue.cancelDelayed(objectKey(run.metadata));
    });
    /** A run that has ended still has something to do while TaskRuns of it go on. */
    const hasWork = traced(
      'hasWork',
      (run: PipelineRun) => !isDone(run) || runningChildren(cachedChildren(context, run)).length > 0,
    );
    /** As the cache has it: without it there is nothing to look at yet, and its own arrival brings the look. */
    const ownerOf = traced('ownerOf', ({ metadata }: TaskRun): PipelineRun | undefined => {
      const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'PipelineRun');
      return owner && context.pipelineRuns.get(objectKey({ namespace: metadata.namespace, name: owner.name }));
    });
    const enqueueOwner = traced('enqueueOwner', (taskRun: TaskRun) => {
      const run = ownerOf(taskRun);
      if (run && hasWork(run)) enqueue(run);
    });
    const enqueueChanged = traced('enqueueChanged', (run: PipelineRun, before: PipelineRun) => {
      const awaited = context.written.arrived(run);
      const ended = isDone(run) && !isDone(before);
      if (isDone(run)) controller.queue.cancelDelayed(objectKey(run.metadata));
      if (hasWork(run) && (ended || awaited || asksForLook(run, before))) enqueue(run);
    });
    // One that starts was created here, and the run knows it, unless it had ended by then.
    const enqueueOwnerOfNew = traced('enqueueOwnerOfNew', (taskRun: TaskRun) => {
      const { ownerReferences = [], name = '' } = taskRun.metadata;
      for (const owner of ownerReferences) context.created.forget(owner.uid, name);
      const run = ownerOf(taskRun);
      if (run && isDone(run) !== isDone(taskRun)) enqueue(run);
    });
    const enqueueOwnerOfEnded = traced('enqueueOwnerOfEnded', (taskRun: TaskRun, before: TaskRun) => {
      if (isDone(taskRun) !== isDone(before)) enqueueOwner(taskRun);
    });
    reflectors.pipelineRuns.addHandler({ added: enqueue, updated: enqueueChanged, deleted: forget });
    reflectors.taskRuns.addHandler({ added: enqueueOwnerOfNew, updated: enqueueOwnerOfEnded, deleted: enqueueOwner });
    return controller;
  },
);
