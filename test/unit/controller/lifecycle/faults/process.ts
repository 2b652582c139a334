import { LifecycleController } from '../../../../../controller/lifecycle/controller.ts';
import { LifecycleSender } from '../../../../../controller/lifecycle/sender.ts';
import { createPolicy } from '../../../../../controller/policy.ts';
import { createTraceSources } from '../../../../../controller/watch/trace-sources.ts';
import { runWatches } from '../../../../../controller/watch/watches.ts';
import type { KubeClient } from '../../../../../shared/kubernetes/client.ts';
import type { Pod } from '../../../../../shared/kubernetes/pod.ts';
import { Reflector } from '../../../../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, PODS, TASK_RUNS } from '../../../../../shared/kubernetes/resources.ts';
import type { Resource } from '../../../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../../../shared/kubernetes/types.ts';
import type { Logger } from '../../../../../shared/runtime/log.ts';
import type { PipelineRun, TaskRun } from '../../../../../shared/tekton/types.ts';
import type { SpanSink } from '../../../../../shared/tracing/exporters/sink.ts';
import { keepProvenance } from '../../../../../shared/tracing/provenance.ts';

export interface Process {
  /** kill -9: nothing that it has asked for comes back to it, and it asks for nothing more. */
  kill(): void;
  /** SIGTERM. */
  end(): Promise<void>;
}

export interface ProcessOptions {
  client: KubeClient;
  sink: SpanSink;
  log: Logger;
  event: (reason: string, message: string) => void;
}

/** Resolves like `promise` while the process lives, and never once it was killed. */
function whileAlive(isAlive: () => boolean): <T>(promise: Promise<T>) => Promise<T> {
  return async (promise) => {
    try {
      return await promise;
    } finally {
      if (!isAlive()) await new Promise<never>(() => undefined);
    }
  };
}

/** Waits on the timers of the test. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Events have a watch that is back before the others: no TaskRun waits for them (nodes.test.ts). */
const soon = (_ms: number, signal: AbortSignal): Promise<void> => sleep(100, signal);
const random = (): number => 0.5;

/** Starts the lifecycle controller as a process of `--manage none` does; all of its clocks are those of the test. */
export async function startProcess({ client, sink, log, event }: ProcessOptions): Promise<Process> {
  let alive = true;
  const living = whileAlive(() => alive);
  const never = new Promise<never>(() => undefined);
  const own: KubeClient = {
    ...client,
    request: (...request) => (alive ? living(client.request(...request)) : never),
    stream: (...request) => (alive ? living(client.stream(...request)) : never),
  };
  const reflector = <T extends KubeObject>(resource: Resource): Reflector<T> =>
    new Reflector<T>({ client: own, resource, log, sleep, random, transform: keepProvenance });
  const watches = {
    pipelineRuns: reflector<PipelineRun>(PIPELINE_RUNS),
    taskRuns: reflector<TaskRun>(TASK_RUNS),
    pods: new Reflector<Pod>({ client: own, resource: PODS, log, sleep, random }),
  };
  const sources = createTraceSources({ client: own, sleep: soon, log });
  const sends: SpanSink = { ...sink, send: (spans) => (alive ? living(sink.send(spans)) : never) };
  const controller = new LifecycleController({
    client: own,
    watches,
    sources,
    sender: new LifecycleSender({ sink: sends, clusterKey: 'cluster-1', log, random }),
    policy: createPolicy({ manage: 'none', sampling: { ratio: 1 }, keepFailures: true }),
    events: {
      record: (_object, _type, reason, message) => void (alive && event(reason, message)),
      flush: async () => undefined,
    },
    log,
    nowMs: () => Date.now(),
  });
  const stop = new AbortController();
  const { synced, ended } = runWatches(watches, stop.signal);
  const extra = runWatches(sources, stop.signal);
  void Promise.all([synced, extra.synced]).then(() => {
    if (!alive) return;
    controller.startStamping();
    controller.startExporting();
  });
  return {
    kill() {
      alive = false;
      stop.abort();
    },
    async end() {
      if (!alive) return;
      stop.abort();
      await controller.stop();
      await Promise.all([ended, extra.ended]);
      alive = false;
    },
  };
}
