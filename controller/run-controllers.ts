import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../shared/kubernetes/client.ts';
import { NAMESPACES, resourcePath } from '../shared/kubernetes/resources.ts';
import type { KubeObject } from '../shared/kubernetes/types.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { within } from '../shared/runtime/within.ts';
import type { Manage } from '../shared/tekton/managed-by.ts';
import { isRefused } from '../shared/tekton/refused.ts';
import type { SpanSink } from '../shared/tracing/exporters/sink.ts';
import { measuredSink, measureSpanQueue } from '../shared/tracing/metrics.ts';
import { createTracingPipeline } from '../shared/tracing/pipeline.ts';
import { noRunTracing } from '../shared/tracing/run-tracing.ts';
import type { RunTracing } from '../shared/tracing/run-tracing.ts';
import type { Sampling } from '../shared/tracing/sampling.ts';
import { LifecycleController } from './lifecycle/controller.ts';
import { LifecycleSender } from './lifecycle/sender.ts';
import type { ControllerMetrics } from './metrics.ts';
import { startControllers } from './start.ts';
import type { Images } from './taskrun/pod/images.ts';

/** How long a controller that ends waits for its collector. */
const FLUSH_MS = 5_000;
const START_RETRY_MS = 1_000;
/** By when what has not ended is left, counted from the beginning of the end: with the flush it is over well within the 30 s that a Pod has. */
const LEFT_AFTER_MS = { reconciles: 8_000, lifecycle: 14_000 };

export interface RunControllersOptions {
  client: KubeClient;
  /** Absent: runs are executed, nothing is recorded. */
  sink: SpanSink | undefined;
  manage: Manage;
  images: Images;
  sampling: Sampling;
  keepFailures: boolean;
  namespace?: string;
  /** Whether this process may act; absent: always. Asked before lifecycle spans are sent; `client` is to ask it before each write. */
  isLeader?: () => boolean;
  /** Ends the waiting for an API server that is not there yet. */
  signal?: AbortSignal;
  metrics?: ControllerMetrics;
  log: Logger;
}

export interface ControllerProcess {
  /** Resolves when the first lists are in and the controllers work. */
  synced: Promise<void>;
  /** Resolves when the spans of the reconciles so far have left, or after a few seconds. */
  flush(): Promise<void>;
  /**
   * Takes no more work, and resolves when what was under way has ended, the marks that waited are written and the spans have left, or after
   * 19 s: what has not ended by then is left, and logged.
   */
  stop(): Promise<void>;
}

/** Names the cluster on every span, the same after a restart: the uid of kube-system. Waits for an API server that does not give it yet. */
async function readClusterKey(client: KubeClient, log: Logger, signal?: AbortSignal): Promise<string> {
  for (;;) {
    try {
      const path = resourcePath(NAMESPACES, { name: 'kube-system' });
      const namespace = await client.request<KubeObject>('GET', path, signal ? { signal } : {});
      return namespace.metadata.uid ?? '';
    } catch (error) {
      if (isRefused(error)) throw error;
      signal?.throwIfAborted();
      log.warn('the uid of kube-system, which names the cluster, can not be read yet, trying again', { error });
      await delay(START_RETRY_MS, undefined, signal ? { signal } : {});
    }
  }
}

/** Waits for one part of the end after the other, each until its time since the first call. */
function endings(log: Logger): (what: string, end: Promise<void> | undefined, leftAfterMs: number) => Promise<void> {
  const startedMs = performance.now();
  return async (what, end, leftAfterMs) => {
    const remainingMs = Math.max(0, startedMs + leftAfterMs - performance.now());
    try {
      await within(Promise.resolve(end), remainingMs, 'not ended', undefined);
    } catch (error) {
      log.warn(`${what} under way are left: others may do their work again`, { error });
    }
  };
}

/** Starts the drive controllers and, where there is a collector, the lifecycle controller beside them on the same watches. */
export async function runControllers(options: RunControllersOptions): Promise<ControllerProcess> {
  const { client, manage, images, log, keepFailures, sampling, namespace, metrics } = options;
  const sink = options.sink && metrics ? measuredSink(options.sink, metrics.registry) : options.sink;
  const stopping = new AbortController();
  const common = {
    client,
    manage,
    images,
    log,
    signal: stopping.signal,
    ...(namespace !== undefined && { namespace }),
    ...(metrics && { metrics: metrics.kubernetes }),
  };
  if (!sink) {
    const controllers = startControllers({ ...common, tracing: noRunTracing });
    return {
      synced: controllers.synced,
      flush: async () => undefined,
      stop: () => endings(log)('reconciles', controllers.stop(), LEFT_AFTER_MS.reconciles),
    };
  }
  const clusterKey = await readClusterKey(client, log, options.signal);
  const { reconciles, queue } = createTracingPipeline(sink, clusterKey, log);
  if (metrics) measureSpanQueue(queue.counts, metrics.registry);
  let lifecycle: LifecycleController | undefined;
  const tracing: RunTracing = {
    reconcile: (span, fn) => reconciles.reconcile(span, fn),
    ready: (run) => lifecycle?.hasOwnContext(run) ?? false,
  };
  const controllers = startControllers({
    ...common,
    tracing,
    extend: (reflectors) => {
      lifecycle = new LifecycleController({
        client,
        reflectors,
        sender: new LifecycleSender(sink, clusterKey, log, options.isLeader),
        mint: { sampling },
        keepFailures,
        ...(metrics && { observer: metrics.kubernetes.workQueue('lifecycle') }),
        log,
      });
    },
  });
  return {
    synced: controllers.synced.then(() => lifecycle?.start()),
    flush: () => queue.flush(FLUSH_MS),
    stop: async () => {
      const ends = endings(log);
      await ends('reconciles', controllers.stop(), LEFT_AFTER_MS.reconciles);
      await ends('exports and marks', lifecycle?.stop(), LEFT_AFTER_MS.lifecycle);
      await queue.shutDown(FLUSH_MS);
      stopping.abort();
      await sink.close();
    },
  };
}
