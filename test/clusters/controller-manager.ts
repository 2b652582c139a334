import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { peerProgram } from '../peers/support/binaries.ts';
import type { KubeApiserver } from '../peers/support/kube-apiserver.ts';
import { freePorts } from '../peers/support/ports.ts';
import { startServerProcess } from '../peers/support/server-process.ts';
import type { ServerProcess } from '../peers/support/server-process.ts';

const START_TIMEOUT_MS = 60_000;

/** What makes and ends namespaces and collects what has lost its owner; nothing that needs nodes. */
const controllers = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'root-ca-certificate-publisher-controller',
  'persistentvolumeclaim-protection-controller',
];

/** Its health port speaks TLS with a certificate that it makes for itself. */
function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    https
      .get(`https://127.0.0.1:${port}/healthz`, { rejectUnauthorized: false, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .on('error', reject);
  });
}

/** Starts a real kube-controller-manager beside an API server, as its administrator, with the controllers above. */
export async function startControllerManager(server: KubeApiserver): Promise<ServerProcess> {
  const program = peerProgram('kube-controller-manager');
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-kcm-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const authority = join(directory, 'ca.crt');
    await writeFile(authority, server.caPem);
    const [port = 0] = await freePorts(1);
    const running = await startServerProcess({
      program,
      args: [
        `--kubeconfig=${server.kubeconfigPath}`,
        `--root-ca-file=${authority}`,
        `--controllers=${controllers.join(',')}`,
        '--leader-elect=false',
        // By default it furnishes 20 namespaces a second.
        '--kube-api-qps=500',
        '--kube-api-burst=1000',
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        `--cert-dir=${directory}`,
      ],
      logFile: join(directory, 'kube-controller-manager.log'),
      isReady: () => isHealthy(port),
      startTimeoutMs: START_TIMEOUT_MS,
    });
    const stop = async (): Promise<void> => {
      await running.stop();
      await remove();
    };
    return { ...running, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
