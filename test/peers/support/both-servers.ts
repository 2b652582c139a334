import { join } from 'node:path';

import { readCrds } from '../../../cli/local/crds.ts';
import { startEmbeddedCluster } from '../../clusters/embedded.ts';
import { runPeer } from './command.ts';
import { untilDescribed } from './described.ts';
import type { Described } from './described.ts';
import { chart } from './helm.ts';
import { startKubeApiserver } from './kube-apiserver.ts';

/** The embedded API server and a real one, both with the chart's definitions: the kubeconfigs of their administrators. */
export interface BothServers {
  embedded: string;
  real: string;
  stop(): Promise<void>;
}

/** Starts both. Throws when the real programs are not there. */
export async function startBothServers(): Promise<BothServers> {
  const real = await startKubeApiserver();
  try {
    const admin = `--kubeconfig=${real.kubeconfigPath}`;
    await runPeer('kubectl', [admin, 'create', '-f', join(chart, 'files/crds')]);
    const crds = await readCrds();
    await untilDescribed(real.kubeconfigPath, crds as Described[]);
    const embedded = await startEmbeddedCluster({ crds });
    return {
      embedded: embedded.kubeconfigPath,
      real: real.kubeconfigPath,
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
