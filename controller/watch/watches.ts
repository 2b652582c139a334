import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { KubernetesMetrics } from '../../shared/kubernetes/metrics.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { Reflector } from '../../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, PODS, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { Resource } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { LABEL_TASK_RUN, LABEL_TASK_RUN_UID } from '../../shared/tekton/annotations.ts';
import { parentOf } from '../../shared/tekton/parent-of.ts';
import { essentialPod } from '../model/pod/essential-pod.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';

/** The watches of this process: each kind is listed and watched once, for all users. */
export interface Watches {
  pipelineRuns: Reflector<PipelineRun>;
  /** Index `owner`: uid of the PipelineRun that owns the TaskRun. */
  taskRuns: Reflector<TaskRun>;
  /** The Pods of TaskRuns; index `taskRunUID`. */
  pods: Reflector<Pod>;
}

export interface WatchOptions {
  client: KubeClient;
  /** Absent: all namespaces. */
  namespace?: string;
  /** Reduces a PipelineRun or TaskRun before it is stored, to save memory. */
  transformRun: <T extends PipelineRun | TaskRun>(run: T) => T;
  metrics?: KubernetesMetrics;
  log: Logger;
}

/** The run, with an empty spec if it has none: upstream's definitions do not require one, and nothing may fail at such a run. */
const withSpec = <T extends PipelineRun | TaskRun>(run: T): T => ((run.spec as unknown) ? run : { ...run, spec: {} });

/** Creates the watches. Add handlers to the reflectors before `runWatches`: a later handler misses the listed objects. */
export function createWatches({ client, namespace, transformRun, metrics, log }: WatchOptions): Watches {
  const common = <T extends KubeObject>(resource: Resource) =>
    ({
      client,
      resource,
      log,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metrics && { observer: metrics.reflector(resource.plural) }),
    }) satisfies Partial<ConstructorParameters<typeof Reflector<T>>[0]>;
  const transform = <T extends PipelineRun | TaskRun>(run: T): T => transformRun(withSpec(run));
  return {
    pipelineRuns: new Reflector<PipelineRun>({ ...common(PIPELINE_RUNS), transform }),
    taskRuns: new Reflector<TaskRun>({
      ...common(TASK_RUNS),
      transform,
      indexers: { owner: (taskRun) => [parentOf(taskRun)?.uid].filter((uid) => uid !== undefined) },
    }),
    pods: new Reflector<Pod>({
      ...common(PODS),
      labelSelector: LABEL_TASK_RUN,
      indexers: {
        taskRunUID: ({ metadata }) => [metadata.labels?.[LABEL_TASK_RUN_UID] ?? ''].filter((uid) => uid !== ''),
      },
      transform: essentialPod,
    }),
  };
}

/**
 * Lists and watches until `signal` aborts. Errors of the API server are logged and retried. `synced` resolves when the first lists are complete,
 * `ended` when all watches have ended.
 */
export function runWatches<W extends object>(
  watches: W,
  signal: AbortSignal,
): { synced: Promise<void>; ended: Promise<void> } {
  const reflectors = Object.values(watches) as Reflector<KubeObject>[];
  const runs = reflectors.map((reflector) => reflector.run(signal));
  return {
    synced: Promise.all(reflectors.map((reflector) => reflector.synced)).then(() => undefined),
    ended: Promise.all(runs).then(() => undefined),
  };
}
