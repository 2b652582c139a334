import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { Controller } from '../../shared/kubernetes/controller.ts';
import type { ReconcileResult } from '../../shared/kubernetes/controller.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import type { WorkQueueObserver } from '../../shared/kubernetes/work-queue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { traceParentOf } from '../../shared/tracing/provenance.ts';
import { traceMessage } from '../../shared/tracing/trace-url.ts';
import { isRefused } from '../model/refused.ts';
import type { Policy } from '../policy.ts';
import { annotate } from './annotate.ts';
import { decideExport } from './export.ts';
import type { Entry, Ledger } from './ledger.ts';
import { isExported, isMarked, MARK_DELAY_MS } from './marks.ts';
import type { KnownPods, PodLedger } from './pods.ts';
import { runFields } from './run-fields.ts';
import type { RunMetrics } from './run-metrics.ts';
import { earlySpans } from './run.ts';
import type { LifecycleSender } from './sender.ts';
import type { Sources } from './sources.ts';
import type { Stamping } from './stamping.ts';

/** Longest time that a deleted run is kept in memory for its export, in milliseconds. */
const TOMBSTONE_MS = 3_600_000;

export interface ExportingOptions {
  client: KubeClient;
  ledger: Ledger;
  pods: PodLedger;
  sources: Sources;
  policy: Policy;
  stamping: Stamping;
  sender: LifecycleSender;
  metrics: RunMetrics | undefined;
  events?: EventRecorder;
  observer?: WorkQueueObserver;
  log: Logger;
  /** Delay of a TaskRun's mark, in milliseconds: its run's mark may come before. */
  markDelayMs?: number;
  nowMs: () => number;
}

const uidOf = ({ run }: Entry): string => run.metadata.uid ?? '';

/** Sends each run's lifecycle spans to the collector: settle, export, mark. */
export class Exporting {
  readonly #options: ExportingOptions;
  readonly #controller: Controller;
  /** When to write the marks of accepted runs, in milliseconds since the epoch, by uid: at once, or later if the owner's mark may come before. */
  readonly #marksDue = new Map<string, number>();

  constructor(options: ExportingOptions) {
    this.#options = options;
    this.#controller = new Controller({
      name: 'lifecycle',
      reconcile: (uid) => this.#reconcile(uid),
      ...(options.observer && { observer: options.observer }),
      log: options.log,
    });
  }

  start(): void {
    this.#controller.start();
  }

  /** Ends the work and writes waiting marks, so that the next process does not send these spans again. */
  async stop(): Promise<void> {
    await this.#controller.stop();
    const { ledger, log } = this.#options;
    const waiting = [...this.#marksDue.keys()]
      .map((uid) => ledger.get(uid))
      .filter((entry) => entry !== undefined)
      .filter((entry) => entry.deletedMs === undefined && !isExported(entry, ledger.ownerWaitingFor(entry.run)));
    const marked = await Promise.allSettled(waiting.map((entry) => this.#mark(entry)));
    const failed = marked.filter((result) => result.status === 'rejected');
    if (failed.length > 0)
      log.warn('writing marks failed: the spans of these runs will be sent again, equal to the byte', {
        count: failed.length,
        error: failed[0]?.reason,
      });
  }

  enqueue(entry: Entry | undefined): void {
    if (entry) this.#controller.queue.add(uidOf(entry));
  }

  async #reconcile(uid: string): Promise<ReconcileResult> {
    const { ledger, stamping } = this.#options;
    const entry = ledger.get(uid);
    if (!entry) return undefined;
    if (isExported(entry, ledger.ownerWaitingFor(entry.run))) return this.#finish(entry);
    if (this.#marksDue.has(uid) && entry.deletedMs === undefined) return this.#markWhenDue(entry);
    if (stamping.awaitsContext(entry)) return undefined;
    if (!stamping.isTraced(entry)) entry.ignored = true;
    if (!entry.own || ledger.isForeign(entry) || entry.ignored) return this.#finish(entry);
    const early = await this.#sendEarly(entry);
    return early ?? this.#sendFinal(entry);
  }

  /** Sends the spans that are final before the run's end, so that a running run can be found in Jaeger. */
  async #sendEarly(entry: Entry): Promise<ReconcileResult> {
    const { run, own, early } = entry;
    const isChildTask = run.kind === 'TaskRun' && traceParentOf(run) !== undefined;
    if (!own?.sampled || isChildTask || isDone(run) || entry.deletedMs !== undefined) return undefined;
    const { sender, sources, nowMs } = this.#options;
    const customRuns = run.kind === 'PipelineRun' ? sources.customRunsOf(run) : [];
    const known = { wasPending: entry.wasPending, customRuns, resolutions: sources.resolutionsOf(run) };
    const spans = earlySpans({ run, own, nowMs: nowMs(), ...known }).filter((span) => !early.has(span.spanId));
    const result = await sender.send(uidOf(entry), spans);
    if (result.kind === 'retry') return { requeueAfterMs: result.inMs };
    if (result.kind === 'refused') entry.refused = true;
    for (const span of spans) early.add(span.spanId);
    return undefined;
  }

  async #sendFinal(entry: Entry): Promise<ReconcileResult> {
    const { ledger, pods, sources, sender, policy, log, nowMs } = this.#options;
    if (entry.finished) return this.#finish(entry);
    const podsOf = (taskRun: TaskRun): KnownPods => pods.of(taskRun);
    const decision = decideExport(entry, { ledger, podsOf, sources, policy, nowMs: nowMs() });
    if (decision.kind === 'later') return decision.inMs === undefined ? undefined : { requeueAfterMs: decision.inMs };
    if (decision.kind === 'nothing') return this.#finish(entry);
    const spans = decision.spans.filter((span) => !entry.early.has(span.spanId));
    const result = await sender.send(uidOf(entry), spans);
    if (result.kind === 'retry') {
      const { deletedMs } = entry;
      if (deletedMs === undefined || nowMs() - deletedMs < TOMBSTONE_MS) return { requeueAfterMs: result.inMs };
      sender.drop(spans.length);
      log.error('the spans of a deleted run are dropped: no collector accepted them for an hour', runFields(entry));
      return this.#finish(entry);
    }
    if (result.kind === 'accepted') this.#announce(entry);
    // Refused spans get no mark: the next process, perhaps with other settings, sends them once more.
    if (result.kind === 'refused') entry.refused = true;
    this.#finish(entry);
    const someRefused = [entry, ...ledger.childrenAwaitedBy(entry.run)].some(({ refused }) => refused);
    return someRefused || entry.deletedMs !== undefined ? undefined : this.#markDue(entry);
  }

  /** Counts an exported run, and records the one Event that names its trace. A run that this process executes has it in its first Event. */
  #announce(entry: Entry): void {
    const { metrics, events, policy, nowMs } = this.#options;
    const { run, own, deletedMs } = entry;
    metrics?.exported(entry, nowMs());
    if (!own || traceParentOf(run) || deletedMs !== undefined || policy.isExecuted(run)) return;
    events?.record(run, 'Normal', 'TraceExported', traceMessage(run, own.traceId));
  }

  /** Schedules the mark of accepted spans. They are not sent again, even if writing the mark fails. A TaskRun's mark waits, because its run's mark may replace it. */
  async #markDue(entry: Entry): Promise<ReconcileResult> {
    const { ledger, markDelayMs = MARK_DELAY_MS, nowMs } = this.#options;
    const owner = ledger.ownerWaitingFor(entry.run);
    const waits =
      entry.run.kind === 'TaskRun' && owner !== undefined && owner.deletedMs === undefined && !isMarked(owner);
    this.#marksDue.set(uidOf(entry), nowMs() + (waits ? markDelayMs : 0));
    return this.#markWhenDue(entry);
  }

  async #markWhenDue(entry: Entry): Promise<ReconcileResult> {
    const inMs = (this.#marksDue.get(uidOf(entry)) ?? 0) - this.#options.nowMs();
    if (inMs > 0) return { requeueAfterMs: inMs };
    try {
      await this.#mark(entry);
    } catch (error) {
      if (!isRefused(error)) throw error;
      this.#options.log.warn('the API server refused the mark of a run: the next process sends its spans again', {
        ...runFields(entry),
        error,
      });
    }
    return this.#finish(entry);
  }

  async #mark(entry: Entry): Promise<void> {
    await annotate(this.#options.client, entry.run, { [TRACE_EXPORTED]: uidOf(entry) });
    entry.marked = true;
  }

  /** Nothing more is sent for the run. Its owner is requeued, whose root may have waited for it. */
  #finish(entry: Entry): undefined {
    const { ledger, pods, sources, sender } = this.#options;
    const first = !entry.finished;
    const uid = uidOf(entry);
    entry.finished = true;
    if (first) this.enqueue(ledger.ownerWaitingFor(entry.run));
    this.#marksDue.delete(uid);
    sender.forget(uid);
    pods.forgetGone(uid);
    sources.forgetGone(uid);
    if (entry.deletedMs !== undefined) {
      // What a finalizer keeps, or was orphaned, is in the trace of its deleted run, and ends with it: each one enqueues the run when it is finished.
      if (ledger.childrenAwaitedBy(entry.run).every(({ finished }) => finished)) ledger.forget(uid);
      this.#controller.queue.cancelDelayed(uid);
    }
    return undefined;
  }
}
