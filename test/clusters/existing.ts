import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { gitVersion, hasReadyNode } from './describe.ts';
import { TEST_LABEL } from './types.ts';
import type { TestCluster } from './types.ts';

/** In the order in which they go: nothing calls a webhook that is on its way out. */
const clusterScoped = [
  '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
  '/api/v1/namespaces',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
];

async function listOf(client: KubeClient, collection: string): Promise<KubeObject[]> {
  try {
    const query = { labelSelector: TEST_LABEL };
    return (await client.request<{ items: KubeObject[] }>('GET', collection, { query })).items;
  } catch (error) {
    // A cluster without RBAC, or without an API group, has none of them.
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Deletes what tests left behind: every cluster-scoped object that carries TEST_LABEL. */
export async function removeTestObjects(client: KubeClient): Promise<void> {
  for (const collection of clusterScoped) {
    for (const { metadata } of await listOf(client, collection)) {
      try {
        await client.request('DELETE', `${collection}/${encodeURIComponent(metadata.name ?? '')}`);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }
}

async function serves(client: KubeClient, path: string): Promise<boolean> {
  try {
    await client.request('GET', path);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** The cluster that KUBECONFIG names; it is left as it was. Throws when there is none or it does not answer. */
export async function connectExistingCluster(): Promise<TestCluster> {
  const config = loadKubeConfig();
  const kubeconfig = config.exportConfig();
  const client = createKubeClient(config);
  const version = await gitVersion(client);
  const pods = await hasReadyNode(client);
  const rbac = await serves(client, '/apis/rbac.authorization.k8s.io/v1');
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-existing-'));
  const kubeconfigPath = join(directory, 'kubeconfig');
  await writeFile(kubeconfigPath, kubeconfig, { mode: 0o600 });
  let stopped = false;
  return {
    name: 'existing',
    kubeconfig,
    kubeconfigPath,
    client,
    capabilities: { version, garbageCollection: true, pods, images: pods, rbac, webhooks: false },
    webhookClientConfig: () => {
      throw new Error('an existing cluster does not reach webhooks on this machine: see capabilities.webhooks');
    },
    stop: async () => {
      if (stopped) return;
      stopped = true;
      await removeTestObjects(client);
      client.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
