import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../../shared/kubernetes/kubeconfig.ts';
import { resourcePath, SERVICE_ACCOUNTS } from '../../../../shared/kubernetes/resources.ts';
import type { KubeApiserver } from '../kube-apiserver.ts';
import type { WebhookClusterOptions } from '../webhook-cluster.ts';
import { startUpstream, upstreamController } from './processes.ts';

/** By default it sends so few requests a second that many runs at once would wait for each other. */
const UNLIMITED = ['-kube-api-qps=200', '-kube-api-burst=400'];

export interface Executing {
  /** For `startWebhookCluster`: the chart in follow mode, beside upstream. */
  cluster: Required<Pick<WebhookClusterOptions, 'values' | 'trustedRequesters'>>;
  /** For the same, from the directory for files: installs upstream and starts its webhook and controller, without its tracing. */
  prepare: (server: KubeApiserver, directory: string) => Promise<void>;
  stop(): Promise<void>;
}

/** Upstream Tekton executes the runs of namespace `default`, as processes of this machine. */
export function upstreamExecutes(): Executing {
  let client: KubeClient | undefined;
  let upstream: { stop(): Promise<void> } | undefined;
  return {
    cluster: { values: { controller: { manage: 'none' } }, trustedRequesters: [upstreamController] },
    prepare: async ({ kubeconfig, kubeconfigPath }, directory) => {
      client = createKubeClient(loadKubeConfig({ text: kubeconfig }));
      upstream = await startUpstream({
        ...{ kubeconfig, kubeconfigPath, client, directory, tracing: false, controllerArgs: UNLIMITED },
        otlpUrl: 'http://127.0.0.1:1/v1/traces',
      });
      // Nothing else makes it here, and each Pod has it.
      const accounts = resourcePath(SERVICE_ACCOUNTS, { namespace: 'default' });
      await client.request('POST', accounts, { body: { metadata: { name: 'default' } } });
    },
    stop: async () => {
      await upstream?.stop();
      client?.close();
    },
  };
}
