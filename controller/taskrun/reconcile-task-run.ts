import type { ReconcileResult } from '../../shared/kubernetes/controller.ts';
import { isConflict, joinErrors } from '../../shared/kubernetes/errors.ts';
import { isDone, succeededCondition } from '../../shared/tekton/conditions.ts';
import { formatDuration } from '../../shared/tekton/duration.ts';
import { isFinished } from '../model/pod/observed.ts';
import { runFailureOf } from '../model/run-failure.ts';
import { markFailed, markRunning } from '../model/task-run-condition.ts';
import { isCancelled, isPending } from '../model/task-run-facts.ts';
import { hasTimedOut, remainingMs, timeoutMsOf } from '../model/task-run-timeout.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { keepReconcile } from '../../shared/tracing/reconcile-tracing.ts';
import { traced } from '../../shared/tracing/traced.ts';
import { checkPodFailed } from './check-pod-failed.ts';
import type { ReconcileContext } from './context.ts';
import { appendPreviousConditionContext, failTaskRun } from './fail-task-run.ts';
import { cachedPod, findPod } from './find-pod.ts';
import { emitReconcileEvents, persist } from './persist.ts';
import { reconcile } from './reconcile.ts';
import { retryTaskRun } from './retry.ts';
import { needsStopSidecars, stopSidecars, stopSidecarsOfRetries } from './sidecars.ts';

/** Sets the start time in the first reconcile, and returns true then. The start is never before the creation, although clocks differ. */
const start = traced('start', (taskRun: TaskRun, now: Date): boolean => {
  const status = (taskRun.status ??= {});
  if (status.startTime !== undefined || isPending(taskRun)) return false;
  const createdMs = Date.parse(taskRun.metadata.creationTimestamp ?? '') || 0;
  status.startTime = new Date(Math.max(now.getTime(), createdMs)).toISOString();
  markRunning(status, 'Started', '', now);
  return true;
});

/** Prepares and runs the TaskRun. A RunFailure fails it. */
const prepareAndRun = traced(
  'prepareAndRun',
  async (context: ReconcileContext, taskRun: TaskRun): Promise<ReconcileResult> => {
    try {
      return await reconcile(context, taskRun);
    } catch (error) {
      const failure = runFailureOf(error, 'TaskRunValidationFailed');
      if (!failure) throw error;
      const pod = await findPod(context, taskRun);
      // A running Pod is deleted; a finished one stays for its logs.
      if (pod && !isFinished(pod)) await failTaskRun(context, taskRun, failure.reason, failure.message);
      else markFailed((taskRun.status ??= {}), failure.reason, failure.message, context.clock());
      return undefined;
    }
  },
);

/** Upstream's order of decisions: the first that applies is executed. */
const advance = traced('advance', async (context: ReconcileContext, taskRun: TaskRun): Promise<ReconcileResult> => {
  const name = taskRun.metadata.name ?? '';
  const before = succeededCondition(taskRun);
  if (isCancelled(taskRun)) {
    const message = `TaskRun "${name}" was cancelled. ${taskRun.spec.statusMessage ?? ''}`.trimEnd();
    await failTaskRun(context, taskRun, 'TaskRunCancelled', appendPreviousConditionContext(before, message));
    return undefined;
  }
  if (isPending(taskRun)) {
    markRunning((taskRun.status ??= {}), 'TaskRunPending', `TaskRun "${name}" is pending`, context.clock());
    return undefined;
  }
  if (hasTimedOut(taskRun, context.clock())) {
    const message = `TaskRun "${name}" failed to finish within "${formatDuration(timeoutMsOf(taskRun))}"`;
    await failTaskRun(context, taskRun, 'TaskRunTimeout', appendPreviousConditionContext(before, message));
    return undefined;
  }
  const failure = checkPodFailed(name, cachedPod(context, taskRun));
  if (failure) {
    await failTaskRun(context, taskRun, failure.reason, failure.message);
    return undefined;
  }
  return prepareAndRun(context, taskRun);
});

/**
 * Writes the status of a failed reconcile that will be retried: the start time, so that the timeout runs, and the error. Throws both errors as one if
 * the write fails, too.
 */
const persistProblem = traced(
  'persistProblem',
  async (context: ReconcileContext, stored: TaskRun, taskRun: TaskRun, problem: unknown): Promise<void> => {
    // A conflict: the cache is behind, and the next reconcile has the newer object.
    if (isConflict(problem)) return;
    const status = (taskRun.status ??= {});
    const reason = status.podName ? (succeededCondition(taskRun)?.reason ?? 'Running') : 'Pending';
    markRunning(status, reason, problem instanceof Error ? problem.message : String(problem), context.clock());
    try {
      await persist(context, stored, taskRun);
    } catch (error) {
      throw joinErrors(problem, error);
    }
  },
);

const reconcileKind = traced(
  'reconcileKind',
  async (context: ReconcileContext, stored: TaskRun): Promise<ReconcileResult> => {
    const taskRun = structuredClone(stored);
    if (isDone(taskRun)) {
      await stopSidecars(context, taskRun);
      await persist(context, stored, taskRun);
      return undefined;
    }
    const started = start(taskRun, context.clock());
    const begun = structuredClone(taskRun.status);
    let result: ReconcileResult;
    try {
      result = await advance(context, taskRun);
      retryTaskRun(taskRun, context.clock());
      await stopSidecarsOfRetries(context, taskRun);
    } catch (error) {
      taskRun.status = begun ?? {};
      await persistProblem(context, stored, taskRun, error);
      throw error;
    }
    if (isDone(taskRun)) keepReconcile();
    if (await persist(context, stored, taskRun))
      emitReconcileEvents(context, taskRun, succeededCondition(stored), started);
    if (isDone(taskRun)) context.created.forgetOwner(taskRun.metadata.uid ?? '');
    if (result || isDone(taskRun)) return result;
    const requeueAfterMs = remainingMs(taskRun, context.clock());
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  },
);

/** Reconciles the TaskRun `namespace/name`. It may run at any time, any number of times. */
export const reconcileTaskRun = traced(
  'reconcileTaskRun',
  async (context: ReconcileContext, key: string): Promise<ReconcileResult> => {
    const taskRun = context.taskRuns.get(key);
    if (context.written.isBehind(key, taskRun)) return undefined;
    if (!taskRun || taskRun.metadata.deletionTimestamp !== undefined || !context.policy.isExecuted(taskRun))
      return undefined;
    // A finished run's trace is complete: no spans for another reconcile.
    if (isDone(taskRun) && !needsStopSidecars(context, taskRun)) return undefined;
    const waitMs = context.tracing.waitMs(taskRun);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const { name = '', namespace = '' } = taskRun.metadata;
    const span = { name: 'TaskRun:ReconcileKind', run: taskRun, attributes: { taskrun: name, namespace } } as const;
    try {
      return await context.tracing.reconcile(span, () => reconcileKind(context, context.tracing.trusted(taskRun)));
    } finally {
      const { uid = '' } = taskRun.metadata;
      if (context.taskRuns.get(key)?.metadata.uid !== uid) context.created.forgetOwner(uid);
    }
  },
);
