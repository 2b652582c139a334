import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startApiServer } from '../../local/apiserver/server.ts';
import type { ApiServerOptions } from '../../local/apiserver/server.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { gitVersion, loopbackClientConfig } from './describe.ts';
import type { TestCluster } from './types.ts';

export interface EmbeddedCluster extends TestCluster {
  /** As etcd's compaction does: a list or watch from a version before this moment is answered with 410. */
  compact(): Promise<void>;
}

/** The API server of `tektrace up` in this process, with its garbage collector and without a node. */
export async function startEmbeddedCluster(options: ApiServerOptions = {}): Promise<EmbeddedCluster> {
  const server = await startApiServer(options);
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-embedded-'));
  const kubeconfig = await server.kubeconfig();
  const kubeconfigPath = join(directory, 'kubeconfig');
  await writeFile(kubeconfigPath, kubeconfig, { mode: 0o600 });
  const client = createKubeClient(loadKubeConfig({ text: kubeconfig }));
  return {
    name: 'embedded',
    kubeconfig,
    kubeconfigPath,
    client,
    capabilities: {
      version: await gitVersion(client),
      garbageCollection: true,
      pods: false,
      images: false,
      rbac: false,
      webhooks: true,
    },
    webhookClientConfig: loopbackClientConfig,
    compact: async () => server.compact(),
    stop: async () => {
      client.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
