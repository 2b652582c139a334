import type { KubeClient } from '../shared/kubernetes/client.ts';
import { createEventRecorder } from '../shared/kubernetes/events.ts';
import type { KubernetesMetrics } from '../shared/kubernetes/metrics.ts';
import type { Pod } from '../shared/kubernetes/pod.ts';
import { Reflector } from '../shared/kubernetes/reflector.ts';
import { PIPELINE_RUNS, PODS, TASK_RUNS } from '../shared/kubernetes/resources.ts';
import type { Resource } from '../shared/kubernetes/resources.ts';
import type { KubeObject } from '../shared/kubernetes/types.ts';
import type { WorkQueueObserver } from '../shared/kubernetes/work-queue.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { LABEL_TASK_RUN, LABEL_TASK_RUN_UID } from '../shared/tekton/annotations.ts';
import type { Manage } from '../shared/tekton/managed-by.ts';
import { essentialPod } from '../shared/tekton/pod/essential-pod.ts';
import type { PipelineRun, TaskRun } from '../shared/tekton/types.ts';
import { keepProvenance } from '../shared/tracing/provenance.ts';
import type { RunTracing } from '../shared/tracing/run-tracing.ts';
import { createPipelineRunController } from './pipelinerun/controller.ts';
import { createTaskRunController } from './taskrun/controller.ts';
import type { Images } from './taskrun/pod/images.ts';

/** What the controllers see of the cluster; each object is watched once, whoever asks. */
export interface ControllerReflectors {
  pipelineRuns: Reflector<PipelineRun>;
  /** Index `owner`: uid of the PipelineRun that owns the TaskRun. */
  taskRuns: Reflector<TaskRun>;
  /** The Pods of TaskRuns; index `taskRunUID`. */
  pods: Reflector<Pod>;
}

export interface StartControllersOptions {
  client: KubeClient;
  tracing: RunTracing;
  manage: Manage;
  images: Images;
  /** All namespaces without it. */
  namespace?: string;
  metrics?: KubernetesMetrics;
  log: Logger;
  /** Ends the watches and takes no more work; `stop` also waits for the reconciles under way. */
  signal: AbortSignal;
  clock?: () => Date;
  /** Adds handlers of others before anything is listed. */
  extend?: (reflectors: ControllerReflectors) => void;
}

export interface RunningControllers {
  reflectors: ControllerReflectors;
  /** Resolves when the first lists are in and the controllers work. */
  synced: Promise<void>;
  /** Takes no more work, and resolves when reconciles, watches and Events under way have ended. */
  stop(): Promise<void>;
}

function createReflectors({ client, namespace, metrics, log }: StartControllersOptions): ControllerReflectors {
  const common = <T extends KubeObject>(resource: Resource) =>
    ({
      client,
      resource,
      log,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metrics && { observer: metrics.reflector(resource.plural) }),
    }) satisfies Partial<ConstructorParameters<typeof Reflector<T>>[0]>;
  return {
    pipelineRuns: new Reflector<PipelineRun>({ ...common(PIPELINE_RUNS), transform: keepProvenance }),
    taskRuns: new Reflector<TaskRun>({
      ...common(TASK_RUNS),
      transform: keepProvenance,
      indexers: {
        owner: ({ metadata }) =>
          (metadata.ownerReferences ?? []).filter(({ kind }) => kind === 'PipelineRun').map(({ uid }) => uid),
      },
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

/** Starts both drive controllers on one set of watches. Errors of the API server are logged and tried again for ever. */
export function startControllers(options: StartControllersOptions): RunningControllers {
  const { client, tracing, manage, images, metrics, log, clock = () => new Date() } = options;
  const reflectors = createReflectors(options);
  const stopping = new AbortController();
  const signal = AbortSignal.any([options.signal, stopping.signal]);
  const recording = { log, clock, ...(metrics && { observer: metrics.events }) };
  const pipelineRunEvents = createEventRecorder(client, { component: 'tektrace-pipelinerun-controller', ...recording });
  const taskRunEvents = createEventRecorder(client, { component: 'tektrace-taskrun-controller', ...recording });
  const observed = (name: string): { observer?: WorkQueueObserver } =>
    metrics ? { observer: metrics.workQueue(name) } : {};
  const common = { client, reflectors, tracing, manage, clock, log };
  const controllers = [
    createPipelineRunController({ ...common, ...observed('pipelinerun'), events: pipelineRunEvents }),
    createTaskRunController({ ...common, ...observed('taskrun'), images, events: taskRunEvents }),
  ];
  options.extend?.(reflectors);
  const watches = Object.values(reflectors).map((reflector: Reflector<KubeObject>) => reflector.run(signal));
  const synced = Promise.all(
    Object.values(reflectors).map((reflector: Reflector<KubeObject>) => reflector.synced),
  ).then(() => {
    if (!signal.aborted) for (const controller of controllers) controller.start();
  });
  return {
    reflectors,
    synced,
    async stop() {
      stopping.abort();
      await Promise.all(controllers.map((controller) => controller.stop()));
      await Promise.all([...watches, pipelineRunEvents.stop(), taskRunEvents.stop()]);
    },
  };
}
