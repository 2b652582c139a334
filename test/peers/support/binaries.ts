import { accessSync, constants } from 'node:fs';
import { join, resolve } from 'node:path';

const built = resolve(import.meta.dirname, '../../../.peers/bin');

/** The programs of the peers suites. `kubectl` is built with the API server; `kubectl-1.35` is the stock one, as people have it. */
export type PeerProgram =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'kubectl'
  | 'kubectl-1.35'
  | 'helm'
  | 'jaeger'
  | 'kwok'
  | 'prometheus'
  | 'promtool'
  | `tekton-${'controller' | 'webhook' | 'resolvers' | 'entrypoint' | 'nop' | 'workingdirinit' | 'sidecarlogresults' | 'convert'}`;

/** envtest's variables, so that a machine which has a Kubernetes for tests need not build one. */
const assetVariables: Partial<Record<PeerProgram, string>> = {
  etcd: 'TEST_ASSET_ETCD',
  'kube-apiserver': 'TEST_ASSET_KUBE_APISERVER',
  kubectl: 'TEST_ASSET_KUBECTL',
};

interface Candidate {
  path: string;
  /** The variable that says where the program is, with what it says. */
  named?: string;
}

function candidate(program: PeerProgram): Candidate {
  const variable = assetVariables[program];
  const path = variable === undefined ? undefined : process.env[variable];
  if (path) return { path, named: `${variable}=${path}` };
  const assets = variable === undefined ? undefined : process.env['KUBEBUILDER_ASSETS'];
  if (assets) return { path: join(assets, program), named: `KUBEBUILDER_ASSETS=${assets}` };
  return { path: join(built, program) };
}

/** The path of a peer's program. Throws when it is not there: a suite without its peers fails, it is never skipped. */
export function peerProgram(program: PeerProgram): string {
  const { path, named } = candidate(program);
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    const advice =
      named === undefined
        ? 'run `npm run peers` to build the real servers'
        : `${named} names it: correct the variable, or unset it to use what \`npm run peers\` builds`;
    throw new Error(`${path} is missing or not executable: ${advice}`, { cause: error });
  }
  return path;
}
