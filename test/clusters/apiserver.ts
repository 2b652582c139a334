import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { startKubeApiserver } from '../peers/support/kube-apiserver.ts';
import type { KubeApiserver } from '../peers/support/kube-apiserver.ts';
import { startControllerManager } from './controller-manager.ts';
import { gitVersion, loopbackClientConfig } from './describe.ts';
import type { TestCluster } from './types.ts';

export interface ApiserverClusterOptions {
  /** With a real kube-controller-manager that collects garbage, ends namespaces and furnishes new ones. */
  controllerManager?: boolean;
}

export interface ApiserverCluster extends TestCluster {
  server: KubeApiserver;
  /** Compacts etcd up to now. Within 15 s, when its caches hear of it, the API server answers lists from before with 410. */
  compact(): Promise<void>;
}

async function etcd<T>(server: KubeApiserver, call: string, body: object): Promise<T> {
  const response = await fetch(`${server.etcdUrl}/v3/kv/${call}`, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`etcd's ${call} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function compact(server: KubeApiserver): Promise<void> {
  const { header } = await etcd<{ header: { revision: string } }>(server, 'range', { key: btoa('/') });
  // How API servers tell each other of a compaction: their caches forget what was before it, too.
  await etcd(server, 'put', { key: btoa('compact_rev_key'), value: btoa(header.revision) });
  await etcd(server, 'compaction', { revision: header.revision, physical: true });
}

/**
 * A real etcd and kube-apiserver, found as envtest finds them (TEST_ASSET_*, KUBEBUILDER_ASSETS) or built by `npm run peers`. Throws when
 * a program is missing.
 */
export async function startApiserverCluster(options: ApiserverClusterOptions = {}): Promise<ApiserverCluster> {
  const { controllerManager = false } = options;
  const server = await startKubeApiserver();
  const stops = [(): Promise<void> => server.stop()];
  try {
    if (controllerManager) {
      const manager = await startControllerManager(server);
      stops.unshift(() => manager.stop());
    }
    const client = createKubeClient(loadKubeConfig({ text: server.kubeconfig }));
    stops.unshift(async () => client.close());
    return {
      name: 'apiserver',
      server,
      kubeconfig: server.kubeconfig,
      kubeconfigPath: server.kubeconfigPath,
      client,
      capabilities: {
        version: await gitVersion(client),
        garbageCollection: controllerManager,
        pods: false,
        images: false,
        rbac: true,
        webhooks: true,
      },
      webhookClientConfig: loopbackClientConfig,
      compact: () => compact(server),
      stop: async () => {
        for (const stop of stops.splice(0)) await stop();
      },
    };
  } catch (error) {
    for (const stop of stops.splice(0)) await stop();
    throw error;
  }
}
