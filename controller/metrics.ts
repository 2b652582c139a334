import type { Registry } from 'prom-client';

import type { KubernetesMetrics } from '../shared/kubernetes/metrics.ts';

/** What the controllers count in; made once a process. */
export interface ControllerMetrics {
  registry: Registry;
  kubernetes: KubernetesMetrics;
}
