import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

import type { KubeApiserver } from '../../test/peers/support/kube-apiserver.ts';
import { controllerUser, startWebhookCluster } from '../../test/peers/support/webhook-cluster.ts';
import type { WebhookCluster, WebhookClusterOptions } from '../../test/peers/support/webhook-cluster.ts';

export interface Testbed {
  cluster: WebhookCluster;
  /** For files of the measurement; gone after `stop`. */
  directory: string;
  /** With the rights of the chart's controller. */
  controllerKubeconfig: string;
  stop(): Promise<void>;
}

export interface TestbedOptions extends Pick<WebhookClusterOptions, 'values' | 'trustedRequesters'> {
  /** Further flags of kube-apiserver. */
  flags?: (directory: string) => Promise<string[]>;
  /** Done before the chart is installed. */
  prepare?: (server: KubeApiserver, directory: string) => Promise<void>;
}

/** Starts a real kube-apiserver with the chart and its webhook, and prepares a place for the controller. */
export async function startTestbed(options: TestbedOptions = {}): Promise<Testbed> {
  const { flags, prepare, ...ofChart } = options;
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-bench-'));
  try {
    const cluster = await startWebhookCluster({
      ...ofChart,
      ...(flags && { extraArgs: await flags(directory) }),
      ...(prepare && { prepare: (server) => prepare(server, directory) }),
    });
    const kubeconfig = parse(cluster.server.kubeconfig) as { users: { user: Record<string, unknown> }[] };
    for (const { user } of kubeconfig.users) user['as'] = controllerUser;
    const controllerKubeconfig = join(directory, 'kubeconfig');
    await writeFile(controllerKubeconfig, stringify(kubeconfig), { mode: 0o600 });
    return {
      cluster,
      directory,
      controllerKubeconfig,
      stop: async () => {
        await cluster.stop();
        await rm(directory, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
