import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Metric, OpenMetricsContentType } from 'prom-client';

/** prom-client takes exemplars only where the registry's own format has them. */
function openMetrics(registry: Registry): Registry {
  (registry as unknown as Registry<OpenMetricsContentType>).setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

/** A process's metrics registry with Node's metrics (CPU, memory, event loop, garbage collection). The command creates it once and passes it on. */
export function createMetricsRegistry(version: string): Registry {
  const registry = openMetrics(new Registry());
  collectDefaultMetrics({ register: registry });
  const build = new Gauge({
    name: 'tektrace_build_info',
    help: 'Always 1; the labels have the version',
    labelNames: ['version', 'node_version'],
    registers: [registry],
  });
  build.set({ version, node_version: process.version }, 1);
  return registry;
}

/** The response of /metrics. */
export interface RenderedMetrics {
  contentType: string;
  text: string;
}

/**
 * Renders `registry` in OpenMetrics, which has exemplars, if `accept` (the HTTP header) contains it, else in Prometheus' text format. It renders a
 * view of each metric, because prom-client renames counters when it renders OpenMetrics.
 */
export async function renderMetrics(registry: Registry, accept = ''): Promise<RenderedMetrics> {
  const view = accept.includes('application/openmetrics-text') ? openMetrics(new Registry()) : new Registry();
  for (const metric of registry.getMetricsAsArray()) view.registerMetric(Object.create(metric) as Metric);
  return { contentType: view.contentType, text: await view.metrics() };
}
