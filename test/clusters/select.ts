import { startApiserverCluster } from './apiserver.ts';
import { startEmbeddedCluster } from './embedded.ts';
import { connectExistingCluster } from './existing.ts';
import type { TestCluster } from './types.ts';
import { startWholeCluster } from './whole/cluster.ts';

export type ClusterName = TestCluster['name'];

const names: ClusterName[] = ['embedded', 'apiserver', 'whole', 'existing'];
const envtestVariables = ['KUBEBUILDER_ASSETS', 'TEST_ASSET_KUBE_APISERVER', 'TEST_ASSET_ETCD'];

/**
 * Which cluster tests run on: the one TEST_CLUSTER names; `existing` with USE_EXISTING_CLUSTER=true; `apiserver` where envtest's variables
 * name its programs; else `embedded`. Throws for a name that is none.
 */
export function chosenCluster(env: NodeJS.ProcessEnv): ClusterName {
  const asked = env['TEST_CLUSTER'];
  if (asked !== undefined && asked !== '') {
    const found = names.find((name) => name === asked);
    if (found === undefined) throw new Error(`TEST_CLUSTER=${asked}: it must be one of ${names.join(', ')}`);
    return found;
  }
  if (env['USE_EXISTING_CLUSTER'] === 'true') return 'existing';
  return envtestVariables.some((name) => env[name]) ? 'apiserver' : 'embedded';
}

/** Starts, or connects to, the cluster that the environment chooses. */
export async function startTestCluster(env: NodeJS.ProcessEnv = process.env): Promise<TestCluster> {
  const name = chosenCluster(env);
  switch (name) {
    case 'embedded':
      return startEmbeddedCluster();
    case 'apiserver':
      return startApiserverCluster({ controllerManager: true });
    case 'existing':
      return connectExistingCluster();
    case 'whole':
      return startWholeCluster();
  }
}
