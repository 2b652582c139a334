import { setTimeout as delay } from 'node:timers/promises';

import { startApiserverCluster } from '../../clusters/apiserver.ts';
import { startEmbeddedCluster } from '../../clusters/embedded.ts';
import type { TestCluster } from '../../clusters/types.ts';
import { createRawClient } from './client.ts';
import type { RawClient } from './client.ts';
import { CRDS } from './definitions.ts';
import { startHookServer } from './hooks.ts';
import type { HookServer } from './hooks.ts';
import { widgetCrd } from './objects.ts';

export interface ConformanceServer {
  cluster: TestCluster & { compact(): Promise<void> };
  client: RawClient;
  hooks: HookServer;
  stop(): Promise<void>;
}

const FURNISH_TIMEOUT_MS = 60_000;

/** Asks until it holds. Throws when it has not for 60 s. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + FURNISH_TIMEOUT_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${FURNISH_TIMEOUT_MS} ms`);
    await delay(50);
  }
}

async function expectCreated(client: RawClient, path: string, body: object): Promise<void> {
  const { status, body: answer } = await client.send('POST', path, { body });
  if (status !== 201) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
}

/** Makes a CustomResourceDefinition and waits until the objects at `path` are served. Throws when it is refused or they are not. */
export async function installCrd(client: RawClient, crd: object, path: string): Promise<void> {
  await expectCreated(client, CRDS, crd);
  await until(`${path} is served`, async () => (await client.send('GET', path)).status === 200);
}

interface Aggregated {
  items: { metadata: { name: string }; versions: { version: string }[] }[];
}

/** A kube-apiserver says in discovery and OpenAPI what it serves some time after it serves it. */
async function untilDescribed(client: RawClient, group: string, versions: string[]): Promise<void> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
  for (const version of versions) {
    const path = `apis/${group}/${version}`;
    await until(`/${path} in discovery`, async () => {
      const [own, all] = [await client.send('GET', `/${path}`), await client.send('GET', '/apis', { accept })];
      const found = (all.body as Aggregated).items.find(({ metadata }) => metadata.name === group);
      return own.status === 200 && found?.versions.some((one) => one.version === version) === true;
    });
    await until(`/${path} in OpenAPI`, async () => (await client.send('GET', `/openapi/v3/${path}`)).status === 200);
  }
}

async function connect(cluster: ConformanceServer['cluster']): Promise<ConformanceServer> {
  const client = createRawClient(cluster.kubeconfig);
  const hooks = await startHookServer();
  const stop = async (): Promise<void> => {
    client.close();
    await cluster.stop();
    await hooks.close();
  };
  try {
    await installCrd(client, widgetCrd, '/apis/example.dev/v1/widgets');
    await untilDescribed(client, 'example.dev', ['v1', 'v1beta1']);
    return { cluster, client, hooks, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Makes namespaces and waits until their cluster's controllers have furnished them. */
export async function makeNamespaces({ client }: ConformanceServer, names: string[]): Promise<void> {
  for (const name of names)
    await expectCreated(client, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const name of names) {
    for (const furniture of ['serviceaccounts/default', 'configmaps/kube-root-ca.crt'])
      await until(`${furniture} in namespace ${name}`, async () => {
        const { status } = await client.send('GET', `/api/v1/namespaces/${name}/${furniture}`);
        return status === 200;
      });
  }
}

export interface BothServers {
  embedded: ConformanceServer;
  real: ConformanceServer;
  stop(): Promise<void>;
}

/** Starts the embedded API server and a real one with its controller manager. Throws when the real programs are not there. */
export async function startBoth(): Promise<BothServers> {
  const real = await connect(await startApiserverCluster({ controllerManager: true }));
  try {
    const embedded = await connect(await startEmbeddedCluster());
    return {
      embedded,
      real,
      stop: async () => {
        await embedded.stop();
        await real.stop();
      },
    };
  } catch (error) {
    await real.stop();
    throw error;
  }
}
