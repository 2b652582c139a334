import type { KubeClient } from '../shared/kubernetes/client.ts';
import { createEventRecorder } from '../shared/kubernetes/events.ts';
import type { KubernetesMetrics } from '../shared/kubernetes/metrics.ts';
import type { WorkQueueObserver } from '../shared/kubernetes/work-queue.ts';
import type { Logger } from '../shared/runtime/log.ts';
import type { Policy } from './policy.ts';
import type { RunTracing } from '../shared/tracing/run-tracing.ts';
import { createPipelineRunController } from './pipelinerun/controller.ts';
import { createTaskRunController } from './taskrun/controller.ts';
import type { Images } from './taskrun/pod/images.ts';
import type { Watches } from './watch/watches.ts';

export interface DriveOptions {
  client: KubeClient;
  watches: Watches;
  tracing: RunTracing;
  policy: Pick<Policy, 'isExecuted'>;
  images: Images;
  metrics?: KubernetesMetrics;
  log: Logger;
  clock?: () => Date;
}

/** The PipelineRun and TaskRun controllers. */
export interface Drive {
  /** To be called when the watches are synced. */
  start(): void;
  /** Takes no more work. Resolves when running reconciles and Events have ended. */
  stop(): Promise<void>;
}

/** Creates both controllers. They add handlers to the watches, so call it before these run. */
export function createDrive(options: DriveOptions): Drive {
  const { client, watches, tracing, policy, images, metrics, log, clock = () => new Date() } = options;
  const recording = { log, clock, ...(metrics && { observer: metrics.events }) };
  const pipelineRunEvents = createEventRecorder(client, { component: 'tektrace-pipelinerun-controller', ...recording });
  const taskRunEvents = createEventRecorder(client, { component: 'tektrace-taskrun-controller', ...recording });
  const observed = (name: string): { observer?: WorkQueueObserver } =>
    metrics ? { observer: metrics.workQueue(name) } : {};
  const common = { client, watches, tracing, policy, clock, log };
  const controllers = [
    createPipelineRunController({ ...common, ...observed('pipelinerun'), events: pipelineRunEvents }),
    createTaskRunController({ ...common, ...observed('taskrun'), images, events: taskRunEvents }),
  ];
  return {
    start: () => controllers.forEach((controller) => controller.start()),
    async stop() {
      await Promise.all(controllers.map((controller) => controller.stop()));
      await Promise.all([pipelineRunEvents.stop(), taskRunEvents.stop()]);
    },
  };
}
