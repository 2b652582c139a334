import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { Controller } from '../../shared/kubernetes/controller.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import { objectKey } from '../../shared/kubernetes/types.ts';
import type { WorkQueueObserver } from '../../shared/kubernetes/work-queue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { Policy } from '../policy.ts';
import { untilNextTimeoutMs } from '../model/pipeline-run-timeouts.ts';
import { isParent, parentOf } from '../../shared/tekton/parent-of.ts';
import { readAnnotations } from '../model/read-annotations.ts';
import { sameJson } from '../model/same-json.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { RunTracing } from '../../shared/tracing/run-tracing.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { CreatedNames } from '../watch/created-names.ts';
import type { Watches } from '../watch/watches.ts';
import { WrittenVersions } from '../watch/written-versions.ts';
import { runningChildren } from './cancel.ts';
import { cachedChildren } from './children.ts';
import type { PipelineRunContext } from './context.ts';
import { forgetRun, reconcilePipelineRun } from './reconcile-pipeline-run.ts';

export interface PipelineRunControllerOptions {
  client: KubeClient;
  watches: Pick<Watches, 'pipelineRuns' | 'taskRuns'>;
  tracing: RunTracing;
  policy: Pick<Policy, 'isExecuted'>;
  events: EventRecorder;
  clock: () => Date;
  log: Logger;
  observer?: WorkQueueObserver;
  workers?: number;
}

/** Whether something other than the status changed, which this controller writes itself: spec (generation), annotations, deletion. */
const needsReconcile = traced('needsReconcile', (run: PipelineRun, before: PipelineRun): boolean => {
  const { generation, deletionTimestamp } = run.metadata;
  return (
    generation !== before.metadata.generation ||
    deletionTimestamp !== before.metadata.deletionTimestamp ||
    !sameJson(readAnnotations(run), readAnnotations(before))
  );
});

/**
 * The controller that executes PipelineRuns. It adds its handlers to the watches, so create it before they run; call `start` when
 * both are synced.
 */
export const createPipelineRunController = traced(
  'createPipelineRunController',
  (options: PipelineRunControllerOptions): Controller => {
    const { watches, client, tracing, policy, events, clock, log, observer, workers } = options;
    const context: PipelineRunContext = {
      client,
      pipelineRuns: watches.pipelineRuns.store,
      taskRuns: watches.taskRuns.store,
      tracing,
      policy,
      events,
      written: new WrittenVersions(),
      created: new CreatedNames(),
      taskSpecs: new Map(),
      clock,
      log,
    };
    const dueInMs = traced('dueInMs', (key: string) => {
      const run = context.pipelineRuns.get(key);
      return run && !isDone(run) ? untilNextTimeoutMs(run, clock()) : undefined;
    });
    const controller = new Controller({
      name: 'pipelinerun',
      reconcile: reconcilePipelineRun.bind(undefined, context),
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
    /** Whether a finished run still has running TaskRuns, which need a reconcile. */
    const hasWork = traced(
      'hasWork',
      (run: PipelineRun) => !isDone(run) || runningChildren(cachedChildren(context, run)).length > 0,
    );
    /** The run from the cache. A missing one is reconciled when it arrives. */
    const ownerOf = traced('ownerOf', (taskRun: TaskRun): PipelineRun | undefined => {
      const parent = parentOf(taskRun);
      const run = parent && context.pipelineRuns.get(objectKey(parent));
      return run && isParent(run, parent) ? run : undefined;
    });
    const enqueueOwner = traced('enqueueOwner', (taskRun: TaskRun) => {
      const run = ownerOf(taskRun);
      if (run && hasWork(run)) enqueue(run);
    });
    const enqueueChanged = traced('enqueueChanged', (run: PipelineRun, before: PipelineRun) => {
      const awaited = context.written.arrived(run);
      const ended = isDone(run) && !isDone(before);
      if (isDone(run)) controller.queue.cancelDelayed(objectKey(run.metadata));
      if (hasWork(run) && (ended || awaited || needsReconcile(run, before))) enqueue(run);
    });
    // A TaskRun that just started was created by this process: its PipelineRun already counts it, unless one of the two has ended.
    const enqueueOwnerOfNew = traced('enqueueOwnerOfNew', (taskRun: TaskRun) => {
      const { ownerReferences = [], name = '' } = taskRun.metadata;
      for (const owner of ownerReferences) context.created.forget(owner.uid, name);
      const run = ownerOf(taskRun);
      if (run && isDone(run) !== isDone(taskRun)) enqueue(run);
    });
    const enqueueOwnerOfEnded = traced('enqueueOwnerOfEnded', (taskRun: TaskRun, before: TaskRun) => {
      if (isDone(taskRun) !== isDone(before)) enqueueOwner(taskRun);
    });
    watches.pipelineRuns.addHandler({ added: enqueue, updated: enqueueChanged, deleted: forget });
    watches.taskRuns.addHandler({ added: enqueueOwnerOfNew, updated: enqueueOwnerOfEnded, deleted: enqueueOwner });
    return controller;
  },
);
