import type { Registry } from 'prom-client';

import type { Pod } from '../../shared/kubernetes/pod.ts';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { Controller } from '../../shared/kubernetes/controller.ts';
import type { ReconcileResult } from '../../shared/kubernetes/controller.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import { patchAnnotations } from '../../shared/kubernetes/patch.ts';
import type { AnnotationChanges } from '../../shared/kubernetes/patch.ts';
import type { ReflectorHandler } from '../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { WorkQueueObserver } from '../../shared/kubernetes/work-queue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { isOwnAnnotation, TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { RunSpan } from '../../shared/tracing/run-context.ts';
import type { Policy } from '../policy.ts';
import type { TraceSources } from '../watch/trace-sources.ts';
import type { Watches } from '../watch/watches.ts';
import { decideExport } from './export.ts';
import { Ledger, parentOfTaskRun } from './ledger.ts';
import type { Entry, Run } from './ledger.ts';
import { isExported, isMarked, MARK_DELAY_MS } from './marks.ts';
import { decideContext } from './mint.ts';
import { PodLedger, taskRunUid } from './pods.ts';
import type { KnownPods } from './pods.ts';
import { createRunMetrics } from './run-metrics.ts';
import type { RunMetrics } from './run-metrics.ts';
import { buildEarly } from './run.ts';
import type { LifecycleSender } from './sender.ts';
import { Sources } from './sources.ts';

/** Longest time that a deleted run is kept in memory for its export, in milliseconds. */
const TOMBSTONE_MS = 3_600_000;

/** How often a run's context is put back: who writes it again and again is not fought for ever, and the run keeps its trace all the same. */
const MAX_PUT_BACK = 5;

export interface LifecycleOptions {
  client: KubeClient;
  watches: Watches;
  sender: LifecycleSender;
  policy: Policy;
  /** Absent: what is done to a run's context is only logged. */
  events?: EventRecorder;
  observer?: WorkQueueObserver;
  /** The metrics of runs. */
  registry?: Registry;
  log: Logger;
  /** The watches of CustomRuns, ResolutionRequests and Events; absent: no spans of them. */
  sources?: TraceSources;
  /** Delay of a TaskRun's mark, in milliseconds: its run's mark may come before. */
  markDelayMs?: number;
  nowMs?: () => number;
}

/** Gives each run a context, and sends its lifecycle spans to the collector: settle, export, mark. */
export class LifecycleController {
  readonly #options: LifecycleOptions;
  readonly #ledger = new Ledger();
  readonly #controller: Controller;
  readonly #pods = new PodLedger();
  readonly #sources: Sources;
  /** When to write the marks of accepted runs, in milliseconds since the epoch, by uid: at once, or later if the owner's mark may come before. */
  readonly #marksDue = new Map<string, number>();
  readonly #nowMs: () => number;
  readonly #metrics: RunMetrics | undefined;

  /** Adds its handlers to the watches, so create it before they run. */
  constructor(options: LifecycleOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#metrics = options.registry && createRunMetrics(options.registry, () => this.#ledger.all());
    this.#controller = new Controller({
      name: 'lifecycle',
      reconcile: (uid) => this.#reconcile(uid),
      ...(options.observer && { observer: options.observer }),
      log: options.log,
    });
    this.#sources = new Sources(options.sources, {
      changed: (runUid) => this.#controller.queue.add(runUid),
      isOpen: (runUid) => this.#ledger.get(runUid)?.settled === false,
      nowMs: this.#nowMs,
    });
    const { pipelineRuns, taskRuns, pods } = options.watches;
    pipelineRuns.addHandler(this.#runHandler<PipelineRun>());
    taskRuns.addHandler(this.#runHandler<TaskRun>());
    pods.addHandler(this.#podHandler());
  }

  start(): void {
    this.#controller.start();
  }

  /** Ends the work and writes waiting marks, so that the next process does not send these spans again. */
  async stop(): Promise<void> {
    await this.#controller.stop();
    const { log } = this.#options;
    const waiting = [...this.#marksDue.keys()]
      .map((uid) => this.#ledger.get(uid))
      .filter((entry) => entry !== undefined)
      .filter((entry) => entry.deletedMs === undefined && !isExported(entry, this.#ledger.parentOf(entry.run)));
    const marked = await Promise.allSettled(waiting.map((entry) => this.#mark(entry)));
    const failed = marked.filter((result) => result.status === 'rejected');
    if (failed.length > 0)
      log.warn('writing marks failed: the spans of these runs will be sent again, equal to the byte', {
        count: failed.length,
        error: failed[0]?.reason,
      });
  }

  /** Whether the run has its own context, or never gets one. Before that, no child and no span may use it. */
  isReady({ metadata }: Run): boolean {
    const entry = this.#ledger.get(metadata.uid ?? '');
    return (
      entry !== undefined && (!this.#isTraced(entry) || (entry.own !== undefined && !this.#ledger.isForeign(entry)))
    );
  }

  /** The run's own span, the parent of its other spans; undefined while it has none, and for a run that is not traced. */
  spanOf({ metadata }: Run): RunSpan | undefined {
    const entry = this.#ledger.get(metadata.uid ?? '');
    return entry && this.#isTraced(entry) ? entry.own : undefined;
  }

  /** Whether a run is traced: all its owners must be, too. */
  #isTraced({ run }: Entry): boolean {
    return [run, ...this.#ledger.ownersOf(run).map((owner) => owner.run)].every(this.#options.policy.isTraced);
  }

  #runHandler<T extends Run>(): ReflectorHandler<T> {
    const seen = (run: T): void => {
      const before = this.#ledger.get(run.metadata.uid ?? '')?.run;
      const entry = this.#ledger.observe(run);
      this.#metrics?.seen(entry, before);
      this.#enqueueWithFamily(run);
    };
    return {
      added: seen,
      updated: seen,
      deleted: (run) => {
        const before = this.#ledger.get(run.metadata.uid ?? '')?.run;
        const entry = this.#ledger.observe(run);
        entry.deletedMs = this.#nowMs();
        this.#metrics?.seen(entry, before);
        this.#enqueueWithFamily(run);
      },
    };
  }

  #podHandler(): ReflectorHandler<Pod> {
    const enqueueEnded = (uid: string): void => {
      const entry = this.#ledger.get(uid);
      if (entry && !entry.settled && isDone(entry.run)) this.#controller.queue.add(uid);
    };
    const put = (pod: Pod): void => {
      this.#pods.put(taskRunUid(pod), pod);
      enqueueEnded(taskRunUid(pod));
    };
    return {
      added: put,
      updated: put,
      deleted: (pod) => {
        const uid = taskRunUid(pod);
        this.#pods.remove(uid, pod, this.#ledger.get(uid)?.settled === false);
        enqueueEnded(uid);
      },
    };
  }

  /** Enqueues the run, its owner and its children. A child waits for its owner's context, in an unsampled run also for its end; the owner waits for its children. */
  #enqueueWithFamily(run: Run): void {
    const uid = run.metadata.uid ?? '';
    this.#controller.queue.add(uid);
    this.#enqueue(this.#ledger.parentOf(run));
    for (const child of this.#ledger.descendantsOf(run))
      if (!child.settled) this.#controller.queue.add(child.run.metadata.uid ?? '');
  }

  async #reconcile(uid: string): Promise<ReconcileResult> {
    const entry = this.#ledger.get(uid);
    if (!entry) return undefined;
    const { run, own, deletedMs } = entry;
    if (deletedMs === undefined && this.#isTraced(entry) && (await this.#putBack(entry))) return undefined;
    if (isExported(entry, this.#ledger.parentOf(entry.run))) return this.#settled(entry);
    if (this.#marksDue.has(uid) && deletedMs === undefined) return this.#markWhenDue(entry);
    if (!this.#isTraced(entry)) return this.#settled(entry);
    // A run that ended without a context gets none. A copy that ended must still be distinguished from its original.
    const isForeign = this.#ledger.isForeign(entry);
    if (deletedMs === undefined && (!isDone(run) || isForeign) && (await this.#stamp(entry))) return undefined;
    if (!own || isForeign) return this.#settled(entry, isDone(run) || deletedMs !== undefined);
    const early = await this.#sendEarly(entry);
    return early ?? this.#sendFinal(entry);
  }

  /** True when a context that was written over is put back: once that is written, the run comes back. */
  async #putBack(entry: Entry): Promise<boolean> {
    const { run, drift = {} } = entry;
    const names = Object.keys(drift).join(', ');
    if (names === '' || entry.putBack >= MAX_PUT_BACK) return false;
    await this.#annotate(run, drift, true);
    entry.putBack += 1;
    const rest = entry.putBack < MAX_PUT_BACK ? 'put back' : 'put back for the last time, the trace stays the same';
    this.#options.events?.record(
      run,
      'Warning',
      'SpanContextChanged',
      `${names}: changed after the run had its trace (${entry.own?.traceId ?? 'none'}), ${rest}`,
    );
    return true;
  }

  /** Writes the run's context if it is missing or not its own, and returns true then: the written annotation requeues the run. */
  async #stamp(entry: Entry): Promise<boolean> {
    const { log, policy } = this.#options;
    const { run } = entry;
    const owner = this.#ledger.ownerOf(run);
    const facts = { span: owner && this.#spanFor(owner), isElsewhere: this.#ledger.isOwnerElsewhere(run) };
    const decision = decideContext(run, facts, policy);
    if (decision.kind === 'present') {
      if (owner?.own) this.#ledger.fix(entry);
      return false;
    }
    if (decision.kind === 'wait') return true;
    const { namespace, name } = run.metadata;
    if (decision.because !== 'missing' && decision.because !== 'inherited')
      log.warn('a run gets a new span context', { kind: run.kind, namespace, name, because: decision.because });
    this.#ledger.unfix(entry);
    await this.#annotate(run, decision.annotations, true);
    return true;
  }

  /** What the owner hands to its children: nothing before its own context is known for its own. */
  #spanFor(owner: Entry): RunSpan | undefined {
    return this.#ledger.isForeign(owner) ? undefined : owner.own;
  }

  /** Sends the spans that are final before the run's end, so that a running run can be found in Jaeger. */
  async #sendEarly(entry: Entry): Promise<ReconcileResult> {
    const { run, own, early } = entry;
    if (!own?.sampled || parentOfTaskRun(run) || isDone(run) || entry.deletedMs !== undefined) return undefined;
    const customRuns = run.kind === 'PipelineRun' ? this.#sources.customRunsOf(run) : [];
    const resolutions = this.#sources.resolutionsOf(run);
    const spans = buildEarly({ run, own, wasPending: entry.wasPending, customRuns, resolutions }).filter(
      (span) => !early.has(span.spanId),
    );
    if ((await this.#options.sender.send(spans)) === 'retry') return { requeueAfterMs: this.#options.sender.retryMs() };
    for (const span of spans) early.add(span.spanId);
    return undefined;
  }

  async #sendFinal(entry: Entry): Promise<ReconcileResult> {
    const { sender, policy, log } = this.#options;
    if (entry.settled) return this.#settled(entry);
    const podsOf = (taskRun: TaskRun): KnownPods => this.#pods.of(taskRun.metadata.uid ?? '');
    const decision = decideExport(entry, {
      ledger: this.#ledger,
      podsOf,
      sources: this.#sources,
      policy,
      nowMs: this.#nowMs(),
    });
    if (decision.kind === 'later') return decision.inMs === undefined ? undefined : { requeueAfterMs: decision.inMs };
    if (decision.kind === 'nothing') return this.#settled(entry);
    const result = await sender.send(decision.spans.filter((span) => !entry.early.has(span.spanId)));
    if (result === 'retry') {
      const { deletedMs, run } = entry;
      if (deletedMs === undefined || this.#nowMs() - deletedMs < TOMBSTONE_MS)
        return { requeueAfterMs: sender.retryMs() };
      log.error('the spans of a deleted run are dropped: no collector accepted them for an hour', {
        kind: run.kind,
        namespace: run.metadata.namespace,
        name: run.metadata.name,
      });
    }
    if (result === 'accepted') this.#metrics?.exported(entry, this.#nowMs());
    // Refused spans get no mark: the next process, perhaps with other settings, sends them once more.
    entry.refused = result === 'refused';
    this.#settled(entry);
    const isMarkable = result === 'accepted' && !this.#ledger.childrenOf(entry.run).some((child) => child.refused);
    return isMarkable && entry.deletedMs === undefined ? this.#markDue(entry) : undefined;
  }

  #enqueue(entry: Entry | undefined): void {
    if (entry) this.#controller.queue.add(entry.run.metadata.uid ?? '');
  }

  /** Schedules the mark of accepted spans. They are not sent again, even if writing the mark fails. A TaskRun's mark waits, because its run's mark may replace it. */
  async #markDue(entry: Entry): Promise<ReconcileResult> {
    const { markDelayMs = MARK_DELAY_MS } = this.#options;
    const owner = this.#ledger.parentOf(entry.run);
    const waits =
      entry.run.kind === 'TaskRun' && owner !== undefined && owner.deletedMs === undefined && !isMarked(owner);
    this.#marksDue.set(entry.run.metadata.uid ?? '', this.#nowMs() + (waits ? markDelayMs : 0));
    return this.#markWhenDue(entry);
  }

  async #markWhenDue(entry: Entry): Promise<ReconcileResult> {
    const inMs = (this.#marksDue.get(entry.run.metadata.uid ?? '') ?? 0) - this.#nowMs();
    if (inMs > 0) return { requeueAfterMs: inMs };
    await this.#mark(entry);
    return this.#settled(entry);
  }

  async #mark(entry: Entry): Promise<void> {
    const { run } = entry;
    await this.#annotate(run, { [TRACE_EXPORTED]: run.metadata.uid ?? '' });
    entry.marked = true;
  }

  #settled(entry: Entry, settled = true): undefined {
    const first = settled && !entry.settled;
    const { uid = '' } = entry.run.metadata;
    entry.settled = settled;
    if (first) this.#enqueue(this.#ledger.parentOf(entry.run));
    if (settled) {
      this.#marksDue.delete(uid);
      this.#pods.forgetGone(uid);
      this.#sources.forgetGone(uid);
    }
    if (settled && entry.deletedMs !== undefined) {
      this.#ledger.forget(uid);
      this.#controller.queue.cancelDelayed(uid);
    }
    return undefined;
  }

  /** Writes annotations; does nothing if the object was deleted. */
  async #annotate(run: Run, changes: AnnotationChanges, unchanged = false): Promise<void> {
    const resource = run.kind === 'PipelineRun' ? PIPELINE_RUNS : TASK_RUNS;
    await patchAnnotations<Run>(this.#options.client, resource, run, changes, { isOurs: isOwnAnnotation, unchanged });
  }
}
