import type { Registry } from 'prom-client';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { EventRecorder } from '../../shared/kubernetes/events.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import type { ReflectorHandler } from '../../shared/kubernetes/reflector.ts';
import type { WorkQueueObserver } from '../../shared/kubernetes/work-queue.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { RunSpan } from '../../shared/tracing/run-context.ts';
import type { Policy } from '../policy.ts';
import type { TraceSources } from '../watch/trace-sources.ts';
import type { Watches } from '../watch/watches.ts';
import { Exporting } from './exporting.ts';
import { Ledger } from './ledger.ts';
import type { Entry, Run } from './ledger.ts';
import { PodLedger, taskRunUid } from './pods.ts';
import { createRunMetrics } from './run-metrics.ts';
import type { RunMetrics } from './run-metrics.ts';
import type { LifecycleSender } from './sender.ts';
import { Sources } from './sources.ts';
import { Stamping } from './stamping.ts';

export interface LifecycleOptions {
  client: KubeClient;
  watches: Watches;
  sender: LifecycleSender;
  policy: Policy;
  /** Absent: no Event names a run's trace, and changes of a run's context by others are only undone. */
  events?: EventRecorder;
  /** The metrics of the queues. */
  observers?: { stamping: WorkQueueObserver; exporting: WorkQueueObserver };
  /** The metrics of runs. */
  registry?: Registry;
  log: Logger;
  /** The watches of CustomRuns, ResolutionRequests and Events; absent: no spans of them. */
  sources?: TraceSources;
  /** Delay of a TaskRun's mark, in milliseconds: its run's mark may come before. */
  markDelayMs?: number;
  nowMs?: () => number;
}

/**
 * Gives each run a context (`stamping.ts`), and sends its lifecycle spans to the collector (`exporting.ts`). Both work on what the watches bring.
 */
export class LifecycleController {
  readonly #ledger = new Ledger();
  readonly #pods = new PodLedger();
  readonly #stamping: Stamping;
  readonly #exporting: Exporting;
  readonly #nowMs: () => number;
  readonly #metrics: RunMetrics | undefined;
  /** Whether the first lists of runs and Pods have come. */
  #listed = false;

  /** Adds its handlers to the watches, so create it before they run. */
  constructor(options: LifecycleOptions) {
    const {
      client,
      watches,
      sender,
      policy,
      events,
      observers,
      registry,
      log,
      markDelayMs,
      nowMs = Date.now,
    } = options;
    this.#nowMs = nowMs;
    this.#metrics =
      registry &&
      createRunMetrics(registry, {
        running: () => this.#ledger.all(),
        runOf: (uid) => this.#ledger.get(uid)?.run,
        isTraced: (entry) => this.#stamping.isTraced(entry),
      });
    const common = { client, ledger: this.#ledger, policy, log, nowMs };
    this.#stamping = new Stamping({
      ...common,
      decided: (entry) => this.#enqueueWithFamily(entry),
      ...(events && { events }),
      ...(observers && { observer: observers.stamping }),
    });
    const sources = new Sources(options.sources, {
      changed: (runUid) => this.#exporting.enqueue(this.#ledger.get(runUid)),
      isOpen: (runUid) => this.#ledger.get(runUid)?.finished === false,
      nowMs,
    });
    this.#exporting = new Exporting({
      ...common,
      pods: this.#pods,
      sources,
      stamping: this.#stamping,
      sender,
      metrics: this.#metrics,
      ...(events && { events }),
      ...(observers && { observer: observers.exporting }),
      ...(markDelayMs !== undefined && { markDelayMs }),
    });
    watches.pipelineRuns.addHandler(this.#runHandler<PipelineRun>());
    watches.taskRuns.addHandler(this.#runHandler<TaskRun>());
    watches.pods.addHandler(this.#podHandler());
  }

  /** To be called when the watches of runs are synced. */
  startStamping(): void {
    this.#listed = true;
    this.#stamping.start();
  }

  /** To be called when what spans are made of is there, too. */
  startExporting(): void {
    this.#exporting.start();
  }

  /** Ends the work and writes waiting marks, so that the next process does not send these spans again. */
  async stop(): Promise<void> {
    await Promise.all([this.#stamping.stop(), this.#exporting.stop()]);
  }

  /** Milliseconds that a run's start waits for its context; 0: it may start. */
  waitMs({ metadata }: Run): number {
    const entry = this.#ledger.get(metadata.uid ?? '');
    return entry ? this.#stamping.waitMs(entry) : 0;
  }

  /** The run as it may be executed: without a context that is not its own. */
  trusted<T extends Run>(run: T): T {
    const entry = this.#ledger.get(run.metadata.uid ?? '');
    return entry ? this.#stamping.trusted(entry, run) : run;
  }

  /** The run's own span, the parent of its other spans; undefined while it has none, and for a run that is not traced. */
  spanOf({ metadata }: Run): RunSpan | undefined {
    const entry = this.#ledger.get(metadata.uid ?? '');
    return entry && this.#stamping.isTraced(entry) && !this.#ledger.isForeign(entry) ? entry.own : undefined;
  }

  #runHandler<T extends Run>(): ReflectorHandler<T> {
    const observe = (run: T, deleted: boolean): void => {
      const before = this.#ledger.get(run.metadata.uid ?? '')?.run;
      const ends = this.#listed && isDone(run) && !(before && isDone(before));
      const entry = this.#ledger.observe(run, this.#nowMs());
      if (ends) entry.doneSeenMs = this.#nowMs();
      if (deleted) entry.deletedMs = this.#nowMs();
      this.#metrics?.seen(entry, before);
      this.#enqueueWithFamily(entry);
    };
    const seen = (run: T): void => observe(run, false);
    return { added: seen, updated: seen, deleted: (run) => observe(run, true) };
  }

  #podHandler(): ReflectorHandler<Pod> {
    const enqueueEnded = (uid: string): void => {
      const entry = this.#ledger.get(uid);
      if (entry && !entry.finished && isDone(entry.run)) this.#exporting.enqueue(entry);
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
        this.#pods.remove(uid, pod, this.#ledger.get(uid)?.finished === false);
        enqueueEnded(uid);
      },
    };
  }

  /** Enqueues the run, its owner and its children. A child waits for its owner's context, in an unsampled run also for its end; the owner waits for its children. */
  #enqueueWithFamily(entry: Entry): void {
    const below = this.#ledger.descendantsOf(entry.run).filter((child) => !child.finished);
    for (const one of [entry, ...below]) {
      this.#stamping.enqueue(one);
      this.#exporting.enqueue(one);
    }
    this.#exporting.enqueue(this.#ledger.ownerWaitingFor(entry.run));
  }
}
