import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

import { controllerUser, startWebhookCluster } from '../../test/peers/support/webhook-cluster.ts';
import type { WebhookCluster } from '../../test/peers/support/webhook-cluster.ts';

export interface Testbed {
  cluster: WebhookCluster;
  /** For files of the measurement; gone after `stop`. */
  directory: string;
  /** With the rights of the chart's controller. */
  controllerKubeconfig: string;
  stop(): Promise<void>;
}

/**
 * Starts a real kube-apiserver with the chart and its webhook, and prepares a place for the controller. `flags` gives further flags of
 * kube-apiserver, from the directory for files.
 */
export async function startTestbed(flags: (directory: string) => Promise<string[]> = async () => []): Promise<Testbed> {
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-bench-'));
  try {
    const cluster = await startWebhookCluster({ extraArgs: await flags(directory) });
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
