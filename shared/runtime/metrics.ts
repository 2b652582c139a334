import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** A process's metrics: its own (CPU, memory, event loop, garbage collection) and what its parts add. Made once, in the command, and passed on. */
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
