import type { KubeClient } from '../shared/kubernetes/client.ts';
import { createEventRecorder } from '../shared/kubernetes/events.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { sleep } from '../shared/runtime/sleep.ts';
import { within } from '../shared/runtime/within.ts';
import type { SpanSink } from '../shared/tracing/exporters/sink.ts';
import { measuredSink, measureSpanQueue } from '../shared/tracing/metrics.ts';
import { createTracingPipeline } from '../shared/tracing/pipeline.ts';
import { keepProvenance } from '../shared/tracing/provenance.ts';
import { noRunTracing } from '../shared/tracing/run-tracing.ts';
import type { RunTracing } from '../shared/tracing/run-tracing.ts';
import type { SpanSettings } from '../shared/tracing/span-settings.ts';
import { traceMessage } from '../shared/tracing/trace-url.ts';
import { readClusterKey } from './cluster-key.ts';
import { createDrive } from './drive.ts';
import { LifecycleController } from './lifecycle/controller.ts';
import { LifecycleSender } from './lifecycle/sender.ts';
import type { ControllerMetrics } from './metrics.ts';
import { createPolicy } from './policy.ts';
import type { Policy, PolicyOptions } from './policy.ts';
import type { Images } from './taskrun/pod/images.ts';
import { createIgnoredNamespaces } from './watch/ignored-namespaces.ts';
import { createTraceSources } from './watch/trace-sources.ts';
import type { TraceSources } from './watch/trace-sources.ts';
import { createWatches, runWatches } from './watch/watches.ts';
import type { Watches } from './watch/watches.ts';

/** Longest wait for the collector at the end, in milliseconds. */
const FLUSH_MS = 5_000;
/** Longest wait at the start for the lists that only traces need, in milliseconds. */
const SOURCES_MS = 5_000;
/** Milliseconds after the signal at which unfinished work is abandoned. With the flush, everything ends within the 30 s that a Pod has. */
const ABANDONED_AFTER_MS = { reconciles: 8_000, lifecycle: 14_000 };

export interface RunControllersOptions extends Omit<PolicyOptions, 'isIgnoredNamespace'> {
  client: KubeClient;
  /** Absent: runs are executed, no trace is recorded. */
  sink: SpanSink | undefined;
  /** Resource attributes and limits of all spans; absent: OpenTelemetry's defaults. */
  spans?: SpanSettings;
  images: Images;
  namespace?: string;
  /** Whether this process leads; absent: always. Checked before lifecycle spans are sent; `client` must check it before each write. */
  isLeader?: () => boolean;
  /** Aborts the wait for an unreachable API server. */
  signal?: AbortSignal;
  metrics?: ControllerMetrics;
  log: Logger;
}

export interface ControllerProcess {
  /** Resolves when the first lists are complete and the controllers have started. */
  synced: Promise<void>;
  /** Resolves when the spans of finished reconciles were sent, or after a few seconds. */
  flush(): Promise<void>;
  /**
   * Takes no more work. Resolves when running work has ended, waiting marks are written and the spans are sent. Unfinished work is abandoned
   * after 14 s, and logged; unsent spans are dropped 5 s later.
   */
  stop(): Promise<void>;
}

/** Tracing: the lifecycle controller, and its interface for the drive controllers. */
interface Tracing {
  lifecycle: LifecycleController;
  runTracing: RunTracing;
  flush(): Promise<void>;
  close(): Promise<void>;
}

async function createTracing(
  options: RunControllersOptions,
  sink: SpanSink,
  watches: Watches,
  policy: Policy,
  sources: TraceSources,
): Promise<Tracing> {
  const { client, isLeader, metrics, spans, log } = options;
  const clusterKey = await readClusterKey(client, log, options.signal);
  const { recordReconcile, queue } = createTracingPipeline(sink, clusterKey, log, spans);
  const sender = new LifecycleSender({ sink, clusterKey, log, maySend: isLeader, settings: spans });
  if (metrics) measureSpanQueue(queue.counts, metrics.registry, sender.counts);
  const observer = metrics && { observer: metrics.kubernetes.events };
  const events = createEventRecorder(client, { component: 'tektrace-lifecycle-controller', log, ...observer });
  const lifecycle = new LifecycleController({
    client,
    watches,
    events,
    sources,
    sender,
    policy,
    ...(metrics && {
      observers: {
        stamping: metrics.kubernetes.workQueue('stamping'),
        exporting: metrics.kubernetes.workQueue('lifecycle'),
      },
      registry: metrics.registry,
    }),
    log,
  });
  return {
    lifecycle,
    runTracing: {
      waitMs: (run) => lifecycle.waitMs(run),
      trusted: (run) => lifecycle.trusted(run),
      describe(run) {
        const own = lifecycle.spanOf(run);
        return own?.sampled ? traceMessage(run, own.traceId) : '';
      },
      reconcile: (span, fn) => recordReconcile(span, lifecycle.spanOf(span.run), fn),
    },
    flush: () => queue.flush(FLUSH_MS),
    async close() {
      await events.stop();
      await queue.shutDown(FLUSH_MS);
      await sink.close();
    },
  };
}

/** Returns a function that waits for the end of a part of the process, until `abandonedAfterMs` after `endings()` was called at the latest. */
function endings(
  log: Logger,
): (what: string, end: Promise<unknown> | undefined, abandonedAfterMs: number) => Promise<void> {
  const startedMs = performance.now();
  return async (what, end, abandonedAfterMs) => {
    const remainingMs = Math.max(0, startedMs + abandonedAfterMs - performance.now());
    try {
      await within(Promise.resolve(end), remainingMs, 'not ended', undefined);
    } catch (error) {
      log.warn(`${what} abandoned: another process may repeat this work`, { error });
    }
  };
}

/**
 * Wires the controllers of this process: the watches, then the lifecycle controller (if there is a collector), which gives every run its
 * context and its spans, then the drive controllers (if any run is executed here), which execute the runs that `manage` selects.
 */
export async function runControllers(options: RunControllersOptions): Promise<ControllerProcess> {
  const { client, images, namespace, metrics, log } = options;
  const common = { client, log, ...(metrics && { metrics: metrics.kubernetes }) };
  const watched = { ...common, ...(namespace !== undefined && { namespace }) };
  const sink = options.sink && metrics ? measuredSink(options.sink, metrics.registry) : options.sink;
  const watches = createWatches({ ...watched, transformRun: keepProvenance });
  const ignored = createIgnoredNamespaces(watched);
  const sources = createTraceSources(watched);
  const policy = createPolicy({
    ...options,
    isIgnoredNamespace: (name) => ignored.store.get(name) !== undefined,
  });
  const tracing = sink && (await createTracing(options, sink, watches, policy, sources));
  const runTracing = tracing?.runTracing ?? noRunTracing;
  const drive = policy.executesRuns
    ? createDrive({ ...common, watches, tracing: runTracing, policy, images })
    : undefined;
  const stopping = new AbortController();
  const { synced, ended } = runWatches(watches, stopping.signal);
  const sourceWatches = tracing && runWatches(sources, stopping.signal);
  const tracingWatchesEnded = tracing && Promise.all([ignored.run(stopping.signal), sourceWatches?.ended]);
  const start = async (): Promise<void> => {
    await synced;
    if (stopping.signal.aborted) return;
    // Before the lists of tracing are there: a run that lacks its context waits in `waitMs`, a few seconds at most.
    drive?.start();
    if (!tracing) return;
    await ignored.synced;
    tracing.lifecycle.startStamping();
    // A list that does not come holds up nothing: its spans are then missing.
    await Promise.race([sourceWatches?.synced, sleep(SOURCES_MS, stopping.signal).catch(() => undefined)]);
    if (!stopping.signal.aborted) tracing.lifecycle.startExporting();
  };
  return {
    synced: start(),
    flush: async () => tracing?.flush(),
    async stop() {
      stopping.abort();
      const ends = endings(log);
      await ends('reconciles', Promise.all([drive?.stop(), ended, tracingWatchesEnded]), ABANDONED_AFTER_MS.reconciles);
      await ends('exports and marks', tracing?.lifecycle.stop(), ABANDONED_AFTER_MS.lifecycle);
      await tracing?.close();
    },
  };
}
