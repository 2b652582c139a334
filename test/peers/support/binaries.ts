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
  | `tekton-${'controller' | 'webhook' | 'entrypoint' | 'nop' | 'workingdirinit' | 'sidecarlogresults'}`;

/** envtest's variables, so that a machine which has a Kubernetes for tests need not build one. */
const assetVariables: Partial<Record<PeerProgram, string>> = {
  etcd: 'TEST_ASSET_ETCD',
  'kube-apiserver': 'TEST_ASSET_KUBE_APISERVER',
  kubectl: 'TEST_ASSET_KUBECTL',
};

function candidate(program: PeerProgram): string {
  const variable = assetVariables[program];
  if (variable === undefined) return join(built, program);
  const assets = process.env['KUBEBUILDER_ASSETS'];
  return process.env[variable] || (assets ? join(assets, program) : join(built, program));
}

/** The path of a peer's program. Throws when it is not there: a suite without its peers fails, it is never skipped. */
export function peerProgram(program: PeerProgram): string {
  const path = candidate(program);
  try {
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw new Error(`${path} is missing or not executable: run \`npm run peers\` to build the real servers`, {
      cause: error,
    });
  }
  return path;
}
