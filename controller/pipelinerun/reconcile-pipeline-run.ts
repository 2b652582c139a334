import type { ReconcileResult } from '../../shared/kubernetes/controller.ts';
import { isConflict, joinErrors } from '../../shared/kubernetes/errors.ts';
import { isDone, succeededCondition } from '../../shared/tekton/conditions.ts';
import type { Condition, PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { keepReconcile } from '../../shared/tracing/reconcile-tracing.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { PipelineRunContext } from './context.ts';
import { stopLateTaskRuns } from './cancel.ts';
import { cachedChildren, unseenChildren } from './children.ts';
import { reconcile } from './reconcile.ts';
import { setCondition, updateStatusOrFail } from './status.ts';
import { untilNextTimeoutMs } from '../model/pipeline-run-timeouts.ts';

/** Delay of the next reconcile if TaskRuns were not in the cache. */
const CACHE_BEHIND_MS = 10_000;

/** Reconciles the run of the key, inside its ReconcileKind span. Ignores runs that are deleted, being deleted, or another controller's. */
export const reconcilePipelineRun = traced(
  'reconcilePipelineRun',
  async (context: PipelineRunContext, key: string): Promise<ReconcileResult> => {
    const run = context.pipelineRuns.get(key);
    if (context.written.isBehind(key, run)) return undefined;
    if (!run || run.metadata.deletionTimestamp || !context.policy.isExecuted(run)) return undefined;
    // A finished run's trace is complete: no spans for another reconcile.
    if (isDone(run)) await stopLateTaskRuns(context, run, cachedChildren(context, run));
    if (isDone(run)) return undefined;
    const waitMs = context.tracing.waitMs(run);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const { name = '', namespace = '' } = run.metadata;
    const span = { name: 'PipelineRun:ReconcileKind' as const, run, attributes: { pipelinerun: name, namespace } };
    try {
      return await context.tracing.reconcile(span, () => reconcileKind(context, context.tracing.trusted(run)));
    } finally {
      if (context.pipelineRuns.get(key)?.metadata.uid !== run.metadata.uid) forgetRun(context, run);
    }
  },
);

const reconcileKind = traced(
  'reconcileKind',
  async (context: PipelineRunContext, stored: PipelineRun): Promise<ReconcileResult> => {
    const run = structuredClone(stored);
    const before = succeededCondition(run);
    if (!run.status?.startTime && run.spec.status !== 'PipelineRunPending') start(context, run);
    const cached = cachedChildren(context, run);
    let unseen: TaskRun[];
    try {
      unseen = await unseenChildren(context, run, cached);
      await reconcile(context, run, [...cached, ...unseen]);
    } catch (error) {
      await writeProblem(context, stored, run, error);
      throw error;
    }
    emitReconcileEvents(context, await writeStatus(context, stored, run), before);
    if (!isDone(run)) return nextReconcile(context, run, unseen.length > 0);
    keepReconcile();
    forgetRun(context, run);
    return undefined;
  },
);

const writeStatus = traced(
  'writeStatus',
  (context: PipelineRunContext, stored: PipelineRun, run: PipelineRun): Promise<PipelineRun> =>
    updateStatusOrFail(context, { ...stored, metadata: run.metadata, status: run.status }, stored.status),
);

/**
 * Writes the status of a failed reconcile: what it had started or created, and the error in the condition. Throws both errors as one if the write
 * fails, too.
 */
const writeProblem = traced(
  'writeProblem',
  async (context: PipelineRunContext, stored: PipelineRun, run: PipelineRun, problem: unknown): Promise<void> => {
    const { reason = 'Started' } = succeededCondition(run) ?? {};
    const message = problem instanceof Error ? problem.message : String(problem);
    if (!isDone(run) && !isConflict(problem)) setCondition(run, context.clock(), 'Unknown', reason, message);
    try {
      await writeStatus(context, stored, run);
    } catch (error) {
      throw joinErrors(problem, error);
    }
  },
);

/** Forgets a finished run's Tasks and created children. */
export const forgetRun = traced(
  'forgetRun',
  ({ taskSpecs, created }: PipelineRunContext, { metadata: { uid = '' } }: PipelineRun) => {
    taskSpecs.delete(uid);
    created.forgetOwner(uid);
  },
);

const start = traced('start', (context: PipelineRunContext, run: PipelineRun): void => {
  const now = context.clock();
  const createdMs = Date.parse(run.metadata.creationTimestamp ?? '');
  // If our clock is behind the API server's, the start would be before the creation.
  const startTime = createdMs > now.getTime() ? new Date(createdMs) : now;
  run.status = { ...run.status, startTime: startTime.toISOString() };
  setCondition(run, now, 'Unknown', 'Started', '');
  context.events.record(run, 'Normal', 'Started', context.tracing.describe(run));
});

/** Reasons without an Event of their own: the first has one already, the second is every run's normal progress. */
const REASONS_WITHOUT_EVENT = ['Started', 'Running'];

/** Records an Event if the condition's status or reason changed. */
const emitReconcileEvents = traced(
  'emitReconcileEvents',
  (context: PipelineRunContext, run: PipelineRun, before: Condition | undefined): void => {
    const after = succeededCondition(run);
    const { status, reason = '', message = '' } = after ?? {};
    if (!after || (status === before?.status && reason === before?.reason) || REASONS_WITHOUT_EVENT.includes(reason))
      return;
    context.events.record(
      run,
      status === 'False' ? 'Warning' : 'Normal',
      status === 'False' ? 'Failed' : reason,
      message,
    );
  },
);

/** Requeues the run for its next timeout, or soon if a TaskRun was not in the cache, because it may be deleted again without an event. */
const nextReconcile = traced(
  'nextReconcile',
  (context: PipelineRunContext, run: PipelineRun, cacheIsBehind: boolean): ReconcileResult => {
    const timeoutMs = untilNextTimeoutMs(run, context.clock());
    if (cacheIsBehind) return { requeueAfterMs: Math.min(timeoutMs ?? Infinity, CACHE_BEHIND_MS) };
    return timeoutMs === undefined ? undefined : { requeueAfterMs: timeoutMs };
  },
);
