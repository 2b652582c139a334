import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { gitVersion, loopbackClientConfig } from '../describe.ts';
import type { TestCluster } from '../types.ts';
import { removeCgroup } from './cgroups.ts';
import { closeEnclosure, findEnclosure } from './enclosure.ts';
import { disconnect } from './network.ts';
import type { Network } from './network.ts';
import { removeMadeFolders } from './private-files.ts';
import { LoopbackRelay } from './relay.ts';
import { provideRequirements } from './requirements.ts';
import { kubeconfigOf, startPrograms } from './start.ts';
import type { StartOptions } from './start.ts';

export interface WholeCluster extends TestCluster {
  /** Of the node: its NodePorts are there. */
  nodeAddress: string;
  /** From now on the API server reaches `target` of this machine's loopback at `port` of its own. */
  relay(port: number, target: number): void;
}

/**
 * Brings a whole Kubernetes up on this machine, with its files in `directory` (a path without symbolic links, which the kubelet resolves): API server, controllers, a node with containerd, and the
 * project's images. What an `up` that did not come to its end has left there is removed first. Throws when it
 * is up already, when something is missing, and (with everything taken down again) when a program does not start.
 */
export async function bringUp(directory: string, options: StartOptions): Promise<Network> {
  await provideRequirements(options.say);
  if (existsSync(kubeconfigOf(directory)) && (await findEnclosure(directory)) !== undefined)
    throw new Error(`a cluster is up already: KUBECONFIG=${kubeconfigOf(directory)}`);
  await takeDown(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    return await startPrograms(directory, options);
  } catch (error) {
    await takeDown(directory);
    throw error;
  }
}

/** Ends what `bringUp` started in `directory`, however far it came, and removes what it left. */
export async function takeDown(directory: string): Promise<void> {
  const enclosure = await findEnclosure(directory);
  if (enclosure !== undefined) await disconnect(enclosure);
  await closeEnclosure(directory);
  await removeCgroup(directory);
  await removeMadeFolders();
  await rm(directory, { recursive: true, force: true });
}

/** A whole cluster for tests, in a temporary folder. It ends with this process at the latest. */
export async function startWholeCluster(options: Pick<StartOptions, 'withTekton'> = {}): Promise<WholeCluster> {
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'tektrace-whole-'));
  const network = await bringUp(directory, { ...options, outlives: false, say: () => undefined });
  const enclosure = await findEnclosure(directory);
  if (enclosure === undefined) throw new Error('the cluster ended as soon as it was up');
  const kubeconfigPath = kubeconfigOf(directory);
  const kubeconfig = await readFile(kubeconfigPath, 'utf8');
  const client = createKubeClient(loadKubeConfig({ text: kubeconfig }));
  const relay = new LoopbackRelay(enclosure, network);
  return {
    name: 'whole',
    kubeconfig,
    kubeconfigPath,
    client,
    nodeAddress: network.nodeAddress,
    relay: (port, target) => relay.open(port, target),
    capabilities: {
      version: await gitVersion(client),
      garbageCollection: true,
      pods: true,
      images: true,
      rbac: true,
      webhooks: true,
    },
    webhookClientConfig: (port, path, caPem) => {
      relay.open(port);
      return loopbackClientConfig(port, path, caPem);
    },
    stop: async () => {
      client.close();
      await relay.close();
      await takeDown(directory);
    },
  };
}
