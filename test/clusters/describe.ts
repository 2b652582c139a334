import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { NODES, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { WebhookClientConfig } from './types.ts';

/** The API server's `gitVersion`. */
export async function gitVersion(client: KubeClient): Promise<string> {
  return (await client.request<{ gitVersion: string }>('GET', '/version')).gitVersion;
}

interface NodeList {
  items: { status?: { conditions?: { type: string; status: string }[] } }[];
}

/** Whether a node is Ready, so that Pods can run. */
export async function hasReadyNode(client: KubeClient): Promise<boolean> {
  const { items } = await client.request<NodeList>('GET', resourcePath(NODES));
  return items.some(({ status }) =>
    (status?.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True'),
  );
}

/** For an API server that runs on this machine: its webhooks are called by URL. */
export function loopbackClientConfig(port: number, path: string, caPem: string): WebhookClientConfig {
  return { url: `https://127.0.0.1:${port}${path}`, caBundle: Buffer.from(caPem).toString('base64') };
}
