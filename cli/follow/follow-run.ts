import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, PODS, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { LABEL_PIPELINE_RUN, LABEL_TASK_RUN, TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isDone } from '../../shared/tekton/conditions.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { StepLogs } from './steps.ts';
import type { StepLogOptions } from './steps.ts';

export type Run = PipelineRun | TaskRun;

export interface FollowOptions {
  client: KubeClient;
  run: Run;
  onLine: StepLogOptions['onLine'];
  onRest?: StepLogOptions['onRest'];
  onEnd?: StepLogOptions['onEnd'];
  /** The run's state each time it changes. */
  onChange?: (run: Run) => void;
  /** A Pod of the run, each time it changes. */
  onPod?: (pod: Pod) => void;
  onLogError: (step: string, error: unknown) => void;
  log: Logger;
  signal: AbortSignal;
}

export interface FollowedRun {
  /** The run's last state, when it is done and its logs are read. Rejects if it is deleted before. */
  done: Promise<Run>;
  /** Resolves with the run when the collector has accepted its spans. */
  exported: Promise<Run>;
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // A promise that the caller does not use must not end the process.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

/** Watches one run until `signal` aborts: its steps' logs, its end, and the export of its trace. */
export function followRun(options: FollowOptions): FollowedRun {
  const { client, run, onLine, onRest, onEnd, onChange, onPod, onLogError, log, signal } = options;
  const { namespace, name, uid } = run.metadata;
  const ended = deferred<Run>();
  const exported = deferred<Run>();
  const logs = new StepLogs({
    ...{ client, onLine, onError: onLogError, signal },
    ...(onRest && { onRest }),
    ...(onEnd && { onEnd }),
  });
  const runs = new Reflector<Run>({
    client,
    resource: run.kind === 'PipelineRun' ? PIPELINE_RUNS : TASK_RUNS,
    namespace,
    fieldSelector: `metadata.name=${name}`,
    log,
  });
  const labelSelector = `${run.kind === 'PipelineRun' ? LABEL_PIPELINE_RUN : LABEL_TASK_RUN}=${name}`;
  const pods = new Reflector<Pod>({ client, resource: PODS, namespace, labelSelector, log });
  const follow = (pod: Pod): void => {
    onPod?.(pod);
    logs.follow(pod);
  };
  /** Lists the Pods at the end, because their watch may be behind that of the run. */
  async function readLogs(): Promise<void> {
    try {
      const list = await client.request<{ items: Pod[] }>('GET', resourcePath(PODS, { namespace }), {
        query: { labelSelector },
        signal,
      });
      for (const pod of list.items) follow(pod);
    } catch (error) {
      if (!signal.aborted) log.warn('the last lines of the log may be missing', { error });
    }
    await logs.done();
  }
  const gone = (): void => {
    const error = new Error(`${run.kind} ${name} was deleted before it was done`);
    ended.reject(error);
    exported.reject(error);
  };
  let isEnding = false;
  const seen = (current: Run): void => {
    // Another run of that name was created after this one was deleted.
    if (current.metadata.uid !== uid) return gone();
    onChange?.(current);
    if (isDone(current) && !isEnding) {
      isEnding = true;
      void readLogs().then(() => ended.resolve(current), ended.reject);
    }
    if (current.metadata.annotations?.[TRACE_EXPORTED] === uid) exported.resolve(current);
  };
  runs.addHandler({
    added: seen,
    updated: seen,
    deleted: gone,
  });
  pods.addHandler({ added: follow, updated: follow, deleted: () => undefined });
  const stop = (): void => [ended, exported].forEach(({ reject }) => reject(signal.reason));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  // If it was deleted before the watch began, there is no event.
  void runs.synced.then(() => runs.store.list().some(({ metadata }) => metadata.uid === uid) || gone());
  void runs.run(signal);
  void pods.run(signal);
  return { done: ended.promise, exported: exported.promise };
}
