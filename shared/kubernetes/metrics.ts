import type { Registry } from 'prom-client';

import type { RequestObserver } from './client/attempts.ts';
import type { EventObserver } from './events.ts';
import type { ElectionObserver } from './leader-election.ts';
import { createElectionMetrics } from './metrics/election.ts';
import { createEventMetrics } from './metrics/events.ts';
import { createReflectorMetrics } from './metrics/reflector.ts';
import { createRequestMetrics } from './metrics/requests.ts';
import { createWorkQueueMetrics } from './metrics/work-queue.ts';
import type { ReflectorObserver } from './reflector.ts';
import type { WorkQueueObserver } from './work-queue.ts';

/** Creates the observers. Each metric starts at zero. */
export interface KubernetesMetrics {
  requests: RequestObserver;
  events: EventObserver;
  /** `name` is the controller's. */
  workQueue(name: string): WorkQueueObserver;
  /** `resource` is the plural, such as `taskruns`. */
  reflector(resource: string): ReflectorObserver;
  /** `name` is the Lease's. */
  election(name: string): ElectionObserver;
}

/** Registers the metrics of client, queues, reflectors, election and Events, with client-go's names where they exist. Once per registry. */
export function createKubernetesMetrics(
  registry: Registry,
  nowMs: () => number = () => performance.now(),
): KubernetesMetrics {
  return {
    requests: createRequestMetrics(registry),
    events: createEventMetrics(registry),
    workQueue: createWorkQueueMetrics(registry, nowMs),
    reflector: createReflectorMetrics(registry),
    election: createElectionMetrics(registry),
  };
}
