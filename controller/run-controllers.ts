import { setTimeout as delay } from 'node:timers/promises';

import type { KubeClient } from '../shared/kubernetes/client.ts';
import { ApiError } from '../shared/kubernetes/errors.ts';
import { NAMESPACES, resourcePath } from '../shared/kubernetes/resources.ts';
import type { KubeObject } from '../shared/kubernetes/types.ts';
import type { Logger } from '../shared/runtime/log.ts';
import type { Manage } from '../shared/tekton/managed-by.ts';
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
  /** Takes no more work, flushes what is to be sent, resolves when all has ended. */
  stop(): Promise<void>;
}

/** Names the cluster on every span, the same after a restart: the uid of kube-system. Waits for an API server that does not answer. */
async function readClusterKey(client: KubeClient, log: Logger, signal?: AbortSignal): Promise<string> {
  for (;;) {
    try {
      const path = resourcePath(NAMESPACES, { name: 'kube-system' });
      const namespace = await client.request<KubeObject>('GET', path, signal ? { signal } : {});
      return namespace.metadata.uid ?? '';
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) throw error;
      signal?.throwIfAborted();
      log.warn('the API server does not answer, trying again', { error });
      await delay(START_RETRY_MS, undefined, signal ? { signal } : {});
    }
  }
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
    return { synced: controllers.synced, flush: async () => undefined, stop: () => controllers.stop() };
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
      await controllers.stop();
      await lifecycle?.stop();
      await queue.shutDown(FLUSH_MS);
      stopping.abort();
      await sink.close();
    },
  };
}
