import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { isNotFound } from '../../../shared/kubernetes/errors.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { SERVICE_ACCOUNTS, resourcePath } from '../../../shared/kubernetes/resources.ts';
import { peerProgram } from '../../peers/support/binaries.ts';
import { isHealthy } from '../../peers/support/healthy.ts';
import { startServerProcess } from '../../peers/support/server-process.ts';
import { hasReadyNode } from '../describe.ts';
import { createCgroup } from './cgroups.ts';
import { writeCredentials } from './credentials.ts';
import { openEnclosure } from './enclosure.ts';
import type { Enclosure } from './enclosure.ts';
import { buildImages } from './images/catalog.ts';
import { configureNetwork } from './network.ts';
import type { Network } from './network.ts';
import { writeNodeConfig } from './node-config.ts';
import { hidePrivateFiles } from './private-files.ts';
import { API_PORT, CONTAINERD_SOCKET, ETCD_URL, KUBE_PROXY_HEALTH_PORT, servers } from './servers.ts';
import type { Layout, Server } from './servers.ts';

export interface StartOptions {
  /** Whether it goes on when this process has ended. */
  outlives: boolean;
  /** Told how far it is. */
  say: (line: string) => void;
  /** Whether the images of upstream Tekton's own Deployments are there, too. */
  withTekton?: boolean;
}

const NODE_NAME = 'whole';
const START_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

export const layoutOf = (directory: string): Layout => ({
  directory,
  pki: join(directory, 'pki'),
  logs: join(directory, 'logs'),
});

/** Where the administrator's kubeconfig is. */
export const kubeconfigOf = (directory: string): string => join(layoutOf(directory).pki, 'admin.kubeconfig');

/** Starts a program that outlives this process, and waits until it answers. Throws with the end of its log. */
async function start(
  enclosure: Enclosure,
  { logs }: Layout,
  server: Server,
  isReady: () => Promise<boolean>,
): Promise<void> {
  await startServerProcess({
    name: server.name,
    program: 'setsid',
    args: enclosure.command(server.program, server.args),
    logFile: join(logs, `${server.name}.log`),
    isReady,
    startTimeoutMs: START_TIMEOUT_MS,
  });
}

/** Claims are served by the controller manager itself, from folders of the node. */
async function createStorageClass(client: KubeClient): Promise<void> {
  await client.request('POST', '/apis/storage.k8s.io/v1/storageclasses', {
    body: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: 'kubernetes.io/host-path',
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'Immediate',
    },
  });
}

/** Without it no Pod is admitted. */
async function defaultServiceAccount(client: KubeClient): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await client.request('GET', resourcePath(SERVICE_ACCOUNTS, { namespace: 'default', name: 'default' }));
      return;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (Date.now() > deadline) throw new Error('the default ServiceAccount is not made', { cause: error });
    }
    await delay(POLL_MS);
  }
}

async function importImages(enclosure: Enclosure, archives: string[]): Promise<void> {
  for (const archive of archives)
    await enclosure.run('ctr', ['--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', 'images', 'import', archive]);
}

/** Starts all programs of a whole Kubernetes in `directory`, an empty folder, and waits until Pods can run. */
export async function startPrograms(directory: string, options: StartOptions): Promise<Network> {
  const { outlives, say } = options;
  const layout = layoutOf(directory);
  await mkdir(layout.logs);
  const enclosure = await openEnclosure(directory, outlives);
  const network = await configureNetwork(enclosure);
  await hidePrivateFiles(enclosure, directory);
  await createCgroup(directory);
  const { nodeAddress } = network;
  const server = `https://${nodeAddress}:${API_PORT}`;
  await writeCredentials({ pki: layout.pki, nodeName: NODE_NAME, nodeAddress, server });
  await writeNodeConfig(layout);
  const all = servers({ layout, nodeName: NODE_NAME, nodeAddress });
  const run = (one: Server, isReady: () => Promise<boolean>): Promise<void> => start(enclosure, layout, one, isReady);

  const kubectl = peerProgram('kubectl');
  await run(all.etcd, async () => {
    await enclosure.run(kubectl, ['--kubeconfig=/dev/null', `--server=${ETCD_URL}`, 'get', '--raw', '/readyz']);
    return true;
  });
  const readyz = [`--kubeconfig=${kubeconfigOf(directory)}`, 'get', '--raw', '/readyz'];
  await run(all.apiserver, async () => (await enclosure.run(kubectl, readyz)) === 'ok');
  say(`the API server answers at ${server}`);
  const client = createKubeClient(loadKubeConfig({ text: await readFile(kubeconfigOf(directory), 'utf8') }));
  try {
    await createStorageClass(client);
    await run(all.controllerManager, () => isHealthy(`https://${nodeAddress}:10257/healthz`));
    await run(all.scheduler, () => isHealthy(`https://${nodeAddress}:10259/healthz`));
    await run(all.containerd, async () => {
      await enclosure.run('ctr', ['--address', CONTAINERD_SOCKET, 'version']);
      return true;
    });
    say('building and importing the images');
    await importImages(enclosure, await buildImages(join(directory, 'images'), options.withTekton));
    await run(all.kubelet, () => hasReadyNode(client));
    say('the node is Ready');
    const health = `http://${nodeAddress}:${KUBE_PROXY_HEALTH_PORT}/healthz`;
    await run(all.proxy, async () => (await fetch(health)).ok);
    await defaultServiceAccount(client);
  } finally {
    client.close();
  }
  return network;
}
