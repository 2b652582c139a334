import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import type { Telemetry } from '../../shared/tracing/telemetry.ts';
import { startLocalCluster } from '../local/cluster.ts';
import type { LocalCluster } from '../local/cluster.ts';
import { findTraceSource } from '../traces/trace-source.ts';
import type { TraceSource } from '../traces/trace-source.ts';

/** The cluster that `tektrace run` uses. */
export interface RunCluster {
  client: KubeClient;
  /** Namespace of objects without one. */
  namespace: string;
  traces: TraceSource | undefined;
  /** What kubectl needs to reach the cluster. */
  kubeconfigFile: string;
  /** Undefined for an existing cluster. */
  local?: LocalCluster;
  close(): Promise<void>;
}

export interface ExistingClusterOptions {
  /** Undefined: the kubeconfig's. */
  namespace: string | undefined;
  /** Where its traces are read, with the headers of each request. */
  jaegerQueryUrl: string | undefined;
  jaegerHeadersFile: string | undefined;
}

/** The cluster of a kubeconfig. Throws CommandError when the kubeconfig or the file of headers can't be used. */
export async function existingCluster(
  kubeconfigFile: string,
  { namespace, jaegerQueryUrl, jaegerHeadersFile }: ExistingClusterOptions,
): Promise<RunCluster> {
  // Loaded on use: client-node takes 80 MB, and the embedded cluster needs none of it.
  const { contextNamespace, readKubeconfig } = await import('../options/kubeconfig-file.ts');
  const config = readKubeconfig(kubeconfigFile);
  const traces = await findTraceSource(jaegerQueryUrl, kubeconfigFile, jaegerHeadersFile);
  const client = createKubeClient(config, { userAgent: 'tektrace-cli' });
  return {
    client,
    namespace: namespace ?? contextNamespace(config),
    traces,
    kubeconfigFile,
    close: async () => client.close(),
  };
}

/** A new embedded cluster. `telemetry` comes from OpenTelemetry's settings. Throws as `startLocalCluster` does. */
export async function embeddedCluster(options: {
  namespace: string | undefined;
  isolation: 'auto' | 'namespaces' | 'plain';
  telemetry: Telemetry;
  signal: AbortSignal;
  log: Logger;
}): Promise<RunCluster> {
  const { isolation, telemetry, signal, log } = options;
  const local = await startLocalCluster({ isolation, ...telemetry, signal, log });
  return {
    client: local.client,
    namespace: options.namespace ?? 'default',
    traces: { name: local.traces.url, read: async (id) => local.traces.trace(id), settled: () => local.flush() },
    local,
    kubeconfigFile: local.kubeconfigFile,
    close: () => local.close(),
  };
}
