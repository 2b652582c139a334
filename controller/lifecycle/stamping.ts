import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { Controller } from '../../shared/kubernetes/controller.ts';
import type { ReconcileResult } from '../../shared/kubernetes/controller.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import type { WorkQueueObserver } from '../../shared/kubernetes/work-queue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { carrierNames } from '../../shared/tekton/annotations.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import { runSpan, withoutContext } from '../../shared/tracing/run-context.ts';
import { isRefused } from '../model/refused.ts';
import type { Policy } from '../policy.ts';
import { annotate } from './annotate.ts';
import { withFixedContext } from './fixed.ts';
import type { Entry, Ledger, Run } from './ledger.ts';
import { runFields } from './run-fields.ts';
import { decideContext } from './mint.ts';
import type { ContextDecision } from './mint.ts';
import { mayStartTrace } from './upstream-trace.ts';

/** Longest time that a run waits for its context before it starts without one, in milliseconds. */
const CONTEXT_WAIT_MS = 5_000;

/** Longest time that the context of a run which upstream executes waits for upstream's first status, in milliseconds. */
const UPSTREAM_WAIT_MS = 5_000;

/** How often a run's context is put back. Who writes it again and again is not fought for ever; the run keeps its trace all the same. */
const MAX_PUT_BACK = 5;

export interface StampingOptions {
  client: KubeClient;
  ledger: Ledger;
  policy: Policy;
  /** Called when it is decided without a write which context a run has, or that it gets none: so the watch does not bring it. */
  decided: (entry: Entry) => void;
  events?: EventRecorder;
  observer?: WorkQueueObserver;
  log: Logger;
  nowMs: () => number;
}

/** Gives each run its span context. Queue and workers are its own: an export that takes long delays no run. */
export class Stamping {
  readonly #options: StampingOptions;
  readonly #controller: Controller;

  constructor(options: StampingOptions) {
    this.#options = options;
    this.#controller = new Controller({
      name: 'stamping',
      reconcile: (uid) => this.#reconcile(uid),
      ...(options.observer && { observer: options.observer }),
      log: options.log,
    });
  }

  start(): void {
    this.#controller.start();
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
  }

  enqueue({ run }: Entry): void {
    this.#controller.queue.add(run.metadata.uid ?? '');
  }

  /** A run is traced if all runs above it are, and its own labels allow it. */
  isTraced(entry: Entry): boolean {
    const { ledger, policy } = this.#options;
    return [entry, ...ledger.ownersOf(entry.run)].every(({ run, ignored }) => !ignored && policy.isTraced(run));
  }

  /** Whether the run's own context is still to be written. */
  awaitsContext(entry: Entry): boolean {
    if (entry.deletedMs !== undefined || entry.untraced || !this.isTraced(entry)) return false;
    return this.#mayGet(entry) && this.#decide(entry).kind !== 'present';
  }

  /**
   * Whether a run may get a context. One that had ended without a context when this process saw it first gets none, unless it is a part of a run that
   * has a trace or still runs. One that ended with another run's context gets its own, so that its spans don't appear as that run's.
   */
  #mayGet(entry: Entry): boolean {
    const { ledger } = this.#options;
    if (!isDone(entry.run) || entry.doneSeenMs !== undefined || ledger.isForeign(entry)) return true;
    const owner = ledger.ownerOf(entry.run);
    return owner !== undefined && (owner.own !== undefined || !isDone(owner.run));
  }

  /**
   * Milliseconds that a run's start still waits for its context: 0 if it has one or gets none, if it has started, and 5 s after this process saw
   * it first. A TaskRun waits no longer than its PipelineRun.
   */
  waitMs(entry: Entry): number {
    if (entry.untraced || !this.isTraced(entry) || entry.run.status?.startTime !== undefined) return 0;
    const { ledger } = this.#options;
    if (entry.own && !ledger.isForeign(entry)) return 0;
    const [top = entry] = ledger.ownersOf(entry.run).slice(-1);
    return Math.max(0, top.seenMs + CONTEXT_WAIT_MS - this.#options.nowMs());
  }

  /** The run with the context that is its own: without any other, whatever has been written, and without any if it is not traced. */
  trusted<T extends Run>(entry: Entry, run: T): T {
    if (this.#options.ledger.isForeign(entry) || !this.isTraced(entry)) return withoutContext(run);
    return entry.fixed ? withFixedContext(run, entry.fixed) : run;
  }

  #decide({ run, own, stamped, started }: Entry): ContextDecision {
    const { ledger, policy } = this.#options;
    if (own && own.spanId === stamped) return { kind: 'present' };
    const owner = ledger.ownerOf(run);
    // An owner's context that is not its own may be a stranger's: children get none until it is replaced.
    const span = owner && !ledger.isForeign(owner) ? owner.own : undefined;
    return decideContext(run, { started, span, isElsewhere: ledger.isOwnerElsewhere(run) }, policy);
  }

  async #reconcile(uid: string): Promise<ReconcileResult> {
    const { ledger } = this.#options;
    const entry = ledger.get(uid);
    if (!entry || entry.deletedMs !== undefined || entry.untraced || !this.isTraced(entry)) return undefined;
    if (await this.#putBack(entry)) return undefined;
    if (!this.#mayGet(entry)) return undefined;
    const decision = this.#decide(entry);
    if (decision.kind === 'present' && ledger.ownerOf(entry.run)?.own) ledger.fix(entry);
    // On 'wait' nothing is done: when the owner has its context, this run is requeued with it.
    if (decision.kind !== 'stamp') return undefined;
    const inMs = this.#awaitsUpstreamMs(entry);
    if (inMs > 0) return { requeueAfterMs: inMs };
    if (!this.#derive(entry, decision)) await this.#stamp(entry, decision);
    return undefined;
  }

  /**
   * Milliseconds for which upstream's first status is awaited: it says whether upstream has started a trace for the run, which is then the run's. 0 for a
   * child, whose trace is its owner's, and where upstream has begun, or does not execute the run.
   */
  #awaitsUpstreamMs({ run, seenMs }: Entry): number {
    const { ledger, policy, nowMs } = this.#options;
    if (policy.isExecuted(run) || !mayStartTrace(run) || ledger.ownerOf(run)) return 0;
    return Math.max(0, seenMs + UPSTREAM_WAIT_MS - nowMs());
  }

  /**
   * Takes the owner's context for a TaskRun that has none and that upstream executes, and returns true then. Nobody would read it on the TaskRun: upstream
   * has its own there, and the Pod was created meanwhile. So it costs no write.
   */
  #derive(entry: Entry, { annotations, because }: ContextDecision & { kind: 'stamp' }): boolean {
    const { ledger, policy, decided } = this.#options;
    const context = annotations[carrierNames(entry.run.kind).own];
    const isChildTask = entry.run.kind === 'TaskRun' && ledger.ownerOf(entry.run) !== undefined;
    if (!isChildTask || because !== 'missing' || !context || policy.isExecuted(entry.run)) return false;
    ledger.derive(entry, context);
    decided(entry);
    return true;
  }

  /** Writes the run's context. The written annotation requeues the run. */
  async #stamp(entry: Entry, { annotations, because }: ContextDecision & { kind: 'stamp' }): Promise<void> {
    const { client, ledger, decided, log } = this.#options;
    const { run } = entry;
    const fields = runFields(entry);
    if (because !== 'missing' && because !== 'inherited')
      log.warn('a run gets a new span context', { ...fields, because });
    ledger.unfix(entry);
    const stamped = Object.entries(annotations).filter((change): change is [string, string] => change[1] !== null);
    entry.stamped = runSpan({
      ...run,
      metadata: { ...run.metadata, annotations: Object.fromEntries(stamped) },
    })?.spanId;
    try {
      await annotate(client, run, annotations, { unchanged: true });
    } catch (error) {
      if (!isRefused(error)) throw error;
      log.warn('the API server refused the span context of a run: the run goes on and is not traced', {
        ...fields,
        error,
      });
      entry.untraced = true;
      decided(entry);
    }
  }

  /** Writes a context that was written over, and returns true then: the written annotation requeues the run. */
  async #putBack(entry: Entry): Promise<boolean> {
    const { client, events } = this.#options;
    const { run, drift = {} } = entry;
    const names = Object.keys(drift).join(', ');
    if (names === '' || entry.putBack >= MAX_PUT_BACK) return false;
    try {
      await annotate(client, run, drift, { unchanged: true });
    } catch (error) {
      if (!isRefused(error)) throw error;
      entry.putBack = MAX_PUT_BACK;
      return false;
    }
    entry.putBack += 1;
    const rest = entry.putBack < MAX_PUT_BACK ? 'put back' : 'put back for the last time, the trace stays the same';
    const trace = entry.own?.traceId ?? 'none';
    const message = `${names}: changed after the run had its trace (${trace}), ${rest}`;
    events?.record(run, 'Warning', 'SpanContextChanged', message);
    return true;
  }
}
