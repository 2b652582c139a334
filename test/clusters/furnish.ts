import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { CONFIGMAPS, MERGE_PATCH, resourcePath, SERVICE_ACCOUNTS } from '../../shared/kubernetes/resources.ts';
import { until } from '../peers/support/until.ts';

/**
 * Resolves when a cluster's controllers have made what Pods in a namespace need, and keeps the API server's token and certificate out of them: a kubelet
 * that is busy may not have these at once, and then a Pod has a failed mount, which its trace shows.
 */
export async function furnish(client: KubeClient, namespace: string): Promise<void> {
  const account = resourcePath(SERVICE_ACCOUNTS, { namespace, name: 'default' });
  for (const path of [account, resourcePath(CONFIGMAPS, { namespace, name: 'kube-root-ca.crt' })])
    await until(path, () =>
      client.request('GET', path).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      }),
    );
  const body = { automountServiceAccountToken: false };
  await client.request('PATCH', account, { body, contentType: MERGE_PATCH });
}
