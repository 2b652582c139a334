import type { Registry } from 'prom-client';

import type { KubernetesMetrics } from '../shared/kubernetes/metrics.ts';

/** The controllers' metrics; created once per process. */
export interface ControllerMetrics {
  registry: Registry;
  kubernetes: KubernetesMetrics;
}
