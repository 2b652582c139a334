import { text } from 'node:stream/consumers';

import { startApiServer } from '../../../local/apiserver/server.ts';
import { startNode } from '../../../local/node/node.ts';
import type { NodeOptions, RunningNode } from '../../../local/node/node.ts';
import type { Pod } from '../../../local/node/types.ts';
import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { CONFIGMAPS, EVENTS, PODS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import type { Resource } from '../../../shared/kubernetes/resources.ts';
import type { KubeList, KubeObject, WatchEvent } from '../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';

export interface TestEvent extends KubeObject {
  reason: string;
  message: string;
  involvedObject: { name: string; fieldPath?: string };
}

export interface TestCluster {
  client: KubeClient;
  node: RunningNode;
  create(object: object): Promise<void>;
  createPod(spec: object, metadata?: object): Promise<Pod>;
  /** Resolves with the first version of the Pod that satisfies `condition`. */
  podWhen(name: string, condition: (pod: Pod) => boolean): Promise<Pod>;
  /** Deletes a Pod and resolves when the API server has it no more. */
  remove(name: string, body?: object): Promise<void>;
  ended(name: string): Promise<Pod>;
  log(pod: string, container: string): Promise<string>;
  /** Resolves once the container, which runs, has written this text. */
  said(pod: string, container: string, what: string): Promise<void>;
  /** Events of a Pod that were written until now. They are written in their order, some time after the status that they are about. */
  events(pod: string): Promise<TestEvent[]>;
  eventWhen(pod: string, condition: (event: TestEvent) => boolean): Promise<TestEvent>;
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

  async function watchUntil<T>(
    resource: Resource,
    query: object,
    done: (type: string, object: T) => boolean,
    watching: () => Promise<unknown> = async () => undefined,
  ): Promise<T> {
    const stop = new AbortController();
    const path = resourcePath(resource, { namespace });
    const lines = await client.stream(path, { query: { watch: true, ...query }, signal: stop.signal });
    await watching();
    for await (const line of lines) {
      if (line === '') continue;
      const { type, object } = JSON.parse(line) as WatchEvent<T>;
      if (done(type, object)) return object;
    }
    throw new Error(`the watch of ${path} ended`);
  }

  const watchPod = (name: string, done: (type: string, pod: Pod) => boolean): Promise<Pod> =>
    watchUntil<Pod>(PODS, { fieldSelector: `metadata.name=${name}` }, done);
  const podWhen = (name: string, condition: (pod: Pod) => boolean): Promise<Pod> =>
    watchPod(name, (type, pod) => type !== 'DELETED' && condition(pod));
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
    remove: async (name, body) => {
      const pod = resourcePath(PODS, { namespace, name });
      const query = { fieldSelector: `metadata.name=${name}` };
      await watchUntil<Pod>(
        PODS,
        query,
        (type) => type === 'DELETED',
        () => client.request('DELETE', pod, { body }),
      );
    },
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
    said: async (pod, container, what) => {
      let seen = '';
      const signal = new AbortController().signal;
      for await (const chunk of node.logs.logs({
        namespace,
        pod,
        container,
        follow: true,
        timestamps: false,
        signal,
      })) {
        seen += chunk.toString();
        if (seen.includes(what)) return;
      }
      throw new Error(`${pod}/${container} ended with: ${seen}`);
    },
    events: async (pod) => {
      const list = await client.request<KubeList<TestEvent>>('GET', resourcePath(EVENTS, { namespace }));
      return list.items.filter(({ involvedObject }) => involvedObject.name === pod);
    },
    eventWhen: (pod, condition) =>
      watchUntil<TestEvent>(EVENTS, {}, (_, event) => event.involvedObject.name === pod && condition(event)),
    close: async () => {
      await node.close();
      client.close();
      await server.close();
    },
  };
}
