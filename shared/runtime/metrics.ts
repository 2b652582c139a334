import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** A process's metrics registry with Node's metrics (CPU, memory, event loop, garbage collection). The command creates it once and passes it on. */
export function createMetricsRegistry(version: string): Registry {
  const registry = new Registry();
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
