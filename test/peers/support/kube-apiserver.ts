import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createAuthority, issueCertificate } from '../../../certs/authority.ts';
import type { KeyPair } from '../../../certs/authority.ts';
import { peerProgram } from './binaries.ts';
import { freePorts } from './ports.ts';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;
const DAY_MS = 24 * 3_600_000;
const FIRST_SERVICE_ADDRESS = '10.0.0.1';

export interface KubeApiserver {
  url: string;
  /** Where its etcd answers, without credentials. */
  etcdUrl: string;
  /** YAML whose user is in system:masters. */
  kubeconfig: string;
  /** The same, as a file, for kubectl and helm. */
  kubeconfigPath: string;
  caPem: string;
  admin: KeyPair;
  /** A client certificate that the API server takes for `user`. */
  clientCertificate(user: string): Promise<KeyPair>;
  /** Stops the API server and starts it again on the same port with the same data; etcd stays up. */
  restart(): Promise<void>;
  /**
   * Kills (-9) one of the two and starts it again on the same port with the same data, the API server with `moreArgs` on top of its own;
   * resolves when the API server is ready.
   */
  crash(server: 'etcd' | 'kube-apiserver', moreArgs?: string[]): Promise<void>;
  stop(): Promise<void>;
}

export interface KubeApiserverOptions {
  /** Flags of kube-apiserver on top of those it has here. */
  extraArgs?: string[];
  /** Whether etcd waits for the disk, as it does in a cluster. */
  fsync?: boolean;
}

type Credentials = Pick<KubeApiserver, 'caPem' | 'admin' | 'clientCertificate'>;

/** JSON is YAML. */
function kubeconfigOf(url: string, { caPem, admin }: Credentials): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'peers', cluster: { server: url, 'certificate-authority-data': base64(caPem) } }],
    users: [
      {
        name: 'admin',
        user: { 'client-certificate-data': base64(admin.certPem), 'client-key-data': base64(admin.keyPem) },
      },
    ],
    contexts: [{ name: 'peers', context: { cluster: 'peers', user: 'admin' } }],
    'current-context': 'peers',
  });
}

async function writeCredentials(directory: string): Promise<Credentials> {
  const lifetimeMs = DAY_MS;
  const authority = await createAuthority({ commonName: 'peers', lifetimeMs });
  const server = await issueCertificate(authority, {
    commonName: 'kube-apiserver',
    dnsNames: ['localhost', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1', FIRST_SERVICE_ADDRESS],
    usage: 'server',
    lifetimeMs,
  });
  const admin = await issueCertificate(authority, {
    commonName: 'admin',
    organizations: ['system:masters'],
    usage: 'client',
    lifetimeMs,
  });
  const tokens = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await mkdir(directory);
  const files = {
    'ca.crt': authority.certPem,
    'apiserver.crt': server.certPem,
    'apiserver.key': server.keyPem,
    'sa.key': tokens.privateKey,
    'sa.pub': tokens.publicKey,
  };
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(join(directory, name), text, { mode: 0o600 })),
  );
  const clientCertificate = (commonName: string): Promise<KeyPair> =>
    issueCertificate(authority, { commonName, usage: 'client', lifetimeMs });
  return { caPem: authority.certPem, admin, clientCertificate };
}

function isThere(url: string, { caPem, admin }: Credentials): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const options = { ca: caPem, cert: admin.certPem, key: admin.keyPem, agent: false };
    https
      .get(url, options, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      })
      .on('error', reject);
  });
}

/** An API server makes its first namespaces some time after it is ready. */
const isReady = async (url: string, credentials: Credentials): Promise<boolean> =>
  (await isThere(`${url}/readyz`, credentials)) && isThere(`${url}/api/v1/namespaces/default`, credentials);

async function untilReady(url: string, credentials: Credentials): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isReady(url, credentials).catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`${url} is not ready again after ${START_TIMEOUT_MS} ms`);
    await delay(POLL_MS);
  }
}

function startEtcd(directory: string, port: number, fsync: boolean): Promise<ServerProcess> {
  const url = `http://127.0.0.1:${port}`;
  return startServerProcess({
    program: peerProgram('etcd'),
    args: [
      ['--data-dir', join(directory, 'etcd'), '--log-level', 'warn', ...(fsync ? [] : ['--unsafe-no-fsync'])],
      ['--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', 'http://127.0.0.1:0'],
    ].flat(),
    logFile: join(directory, 'etcd.log'),
    isReady: async () => (await fetch(`${url}/readyz`)).ok,
    startTimeoutMs: START_TIMEOUT_MS,
  });
}

/** ServiceAccount admission is off, because no controller here makes the `default` ServiceAccount that a Pod would need. */
function apiserverArgs(pki: string, etcdPort: number, port: number): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${join(pki, 'apiserver.crt')}`,
    `--tls-private-key-file=${join(pki, 'apiserver.key')}`,
    `--client-ca-file=${join(pki, 'ca.crt')}`,
    '--authorization-mode=RBAC',
    '--disable-admission-plugins=ServiceAccount',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${join(pki, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(pki, 'sa.key')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
  ];
}

/**
 * Starts etcd and a real kube-apiserver on free loopback ports, with RBAC and the default admission plugins but ServiceAccount.
 * There is no controller manager, scheduler or kubelet: nothing is garbage-collected, no Pod runs.
 */
export async function startKubeApiserver({
  extraArgs = [],
  fsync = false,
}: KubeApiserverOptions = {}): Promise<KubeApiserver> {
  const program = peerProgram('kube-apiserver');
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-kube-'));
  const running: { etcd?: ServerProcess; 'kube-apiserver'?: ServerProcess } = {};
  const stop = async (): Promise<void> => {
    await running['kube-apiserver']?.stop();
    await running.etcd?.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const pki = join(directory, 'pki');
    const credentials = await writeCredentials(pki);
    const [etcdPort = 0, port = 0] = await freePorts(2);
    const url = `https://127.0.0.1:${port}`;
    const start = {
      etcd: () => startEtcd(directory, etcdPort, fsync),
      'kube-apiserver': (moreArgs: string[] = []) =>
        startServerProcess({
          program,
          args: [...apiserverArgs(pki, etcdPort, port), ...extraArgs, ...moreArgs],
          logFile: join(directory, 'kube-apiserver.log'),
          isReady: () => isReady(url, credentials),
          startTimeoutMs: START_TIMEOUT_MS,
        }),
    };
    running.etcd = await start.etcd();
    running['kube-apiserver'] = await start['kube-apiserver']();

    const kubeconfig = kubeconfigOf(url, credentials);
    const kubeconfigPath = join(directory, 'kubeconfig');
    await writeFile(kubeconfigPath, kubeconfig, { mode: 0o600 });
    const restart = async (): Promise<void> => {
      await running['kube-apiserver']?.stop();
      running['kube-apiserver'] = await start['kube-apiserver']();
    };
    const crash = async (name: 'etcd' | 'kube-apiserver', moreArgs?: string[]): Promise<void> => {
      running[name]?.signal('SIGKILL');
      await running[name]?.exited;
      running[name] = await start[name](moreArgs);
      await untilReady(url, credentials);
    };
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    return { url, etcdUrl, kubeconfig, kubeconfigPath, ...credentials, restart, crash, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
