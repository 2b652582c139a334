import { text } from 'node:stream/consumers';

import { startApiServer } from '../../../local/apiserver/server.ts';
import { startNode } from '../../../local/node/node.ts';
import type { NodeOptions, RunningNode } from '../../../local/node/node.ts';
import type { Pod } from '../../../local/node/types.ts';
import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { CONFIGMAPS, EVENTS, PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { KubeList, KubeObject, WatchEvent } from '../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';

export interface TestCluster {
  client: KubeClient;
  node: RunningNode;
  create(object: object): Promise<void>;
  createPod(spec: object, metadata?: object): Promise<Pod>;
  /** Resolves with the first version of the Pod that satisfies `condition`. */
  podWhen(name: string, condition: (pod: Pod) => boolean): Promise<Pod>;
  podGone(name: string): Promise<void>;
  ended(name: string): Promise<Pod>;
  log(pod: string, container: string): Promise<string>;
  events(pod: string): Promise<{ reason: string; message: string; involvedObject: { fieldPath?: string } }[]>;
  close(): Promise<void>;
}

const namespace = 'default';

/** An API server and a node of their own, in this process. */
export async function startCluster(
  options: Partial<NodeOptions> & Pick<NodeOptions, 'isolation'>,
): Promise<TestCluster> {
  const server = await startApiServer();
  const client = createKubeClient(loadKubeConfig({ text: await server.kubeconfig() }));
  const node = await startNode({ client, log: silentLogger, nodeName: 'test-node', ...options });
  let count = 0;

  async function watchUntil(name: string, done: (type: string, pod: Pod) => boolean): Promise<Pod> {
    const stop = new AbortController();
    const query = { watch: true, fieldSelector: `metadata.name=${name}` };
    for await (const line of await client.stream(resourcePath(PODS, { namespace }), { query, signal: stop.signal })) {
      if (line === '') continue;
      const { type, object } = JSON.parse(line) as WatchEvent<Pod>;
      if (done(type, object)) return object;
    }
    throw new Error(`the watch of ${name} ended`);
  }

  const podWhen = (name: string, condition: (pod: Pod) => boolean): Promise<Pod> =>
    watchUntil(name, (type, pod) => type !== 'DELETED' && condition(pod));
  return {
    client,
    node,
    create: async (object) => {
      const kind = (object as KubeObject).kind;
      const resource =
        kind === 'ConfigMap'
          ? CONFIGMAPS
          : { ...CONFIGMAPS, plural: `${String(kind).toLowerCase()}s`, kind: String(kind) };
      await client.request('POST', resourcePath(resource, { namespace }), { body: object });
    },
    createPod: (spec, metadata = {}) =>
      client.request<Pod>('POST', resourcePath(PODS, { namespace }), {
        body: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `pod-${count++}`, ...metadata },
          spec: { restartPolicy: 'Never', ...spec },
        },
      }),
    podWhen,
    podGone: async (name) => void (await watchUntil(name, (type) => type === 'DELETED')),
    ended: (name) => podWhen(name, ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed'),
    log: async (pod, container) => {
      const chunks = node.logs.logs({
        namespace,
        pod,
        container,
        follow: true,
        timestamps: false,
        signal: new AbortController().signal,
      });
      return text(chunks);
    },
    events: async (pod) => {
      const list = await client.request<
        KubeList<KubeObject & { reason: string; message: string; involvedObject: { name: string; fieldPath?: string } }>
      >('GET', resourcePath(EVENTS, { namespace }));
      return list.items.filter(({ involvedObject }) => involvedObject.name === pod);
    },
    close: async () => {
      await node.close();
      client.close();
      await server.close();
    },
  };
}
