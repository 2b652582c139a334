import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import tls from 'node:tls';
import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';

import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import {
  JSON_PATCH,
  MERGE_PATCH,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  resourcePath,
} from '../../../shared/kubernetes/resources.ts';
import { runPeer } from './command.ts';
import type { KubeApiserver } from './kube-apiserver.ts';
import { freePorts } from './ports.ts';
import { startServerProcess } from './server-process.ts';
import type { ServerProcess } from './server-process.ts';

const main = resolve(import.meta.dirname, '../../../cli/main.ts');
const START_TIMEOUT_MS = 60_000;

/** `tektrace webhook` as a process, with the rights of the chart's ServiceAccount. */
export interface Replica {
  port: number;
  process: ServerProcess;
  /** What its /readyz answers; false when it does not answer. */
  isReady(): Promise<boolean>;
  /** The certificate that it serves to a new connection, PEM. */
  servedPem(): Promise<string>;
}

export interface Replicas {
  start(): Promise<Replica>;
  /** The log of all replicas so far. */
  logFile: string;
  stop(): Promise<void>;
}

/** What kube-proxy and kubelet do: a new connection goes, in turn, to one of the replicas that say that they are ready. They are asked when it comes. */
class Balancer {
  readonly replicas = new Set<Replica>();
  readonly #server: net.Server;
  #turn = 0;

  constructor() {
    this.#server = net.createServer((client) => {
      // It may end while the replicas are asked.
      client.on('error', () => client.destroy());
      void this.#connect(client);
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async #connect(client: net.Socket): Promise<void> {
    const all = [...this.replicas];
    const answers = await Promise.all(all.map((replica) => replica.isReady()));
    const ready = all.filter((_replica, index) => answers[index]);
    // A machine that is so busy that no replica is ready is not what is tested here.
    const candidates = ready.length > 0 ? ready : all;
    const replica = candidates[this.#turn++ % candidates.length];
    if (!replica || client.destroyed) {
      client.destroy();
      return;
    }
    const server = net.connect({ host: '127.0.0.1', port: replica.port });
    client.pipe(server).pipe(client);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  }

  close(): void {
    this.#server.close();
  }
}

/**
 * Makes the API server call the chart's Service at `port` of this machine: a Service of type ExternalName, whose name is resolved without a
 * cluster network. The webhook's host name stays the Service's. No call ends by a timeout that a busy machine may need.
 */
async function callAt(client: KubeClient, namespace: string, port: number): Promise<void> {
  await client.request('PATCH', `/api/v1/namespaces/${namespace}/services/tektrace-webhook`, {
    contentType: MERGE_PATCH,
    body: { spec: { type: 'ExternalName', externalName: 'localhost', clusterIP: null, clusterIPs: null } },
  });
  const path = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: 'tektrace-webhook' });
  const { webhooks = [] } = await client.request<V1MutatingWebhookConfiguration>('GET', path);
  const body = webhooks.flatMap((_webhook, index) => [
    { op: 'add', path: `/webhooks/${index}/clientConfig/service/port`, value: port },
    { op: 'add', path: `/webhooks/${index}/timeoutSeconds`, value: 30 },
  ]);
  await client.request('PATCH', path, { body, contentType: JSON_PATCH });
}

/** Writes a kubeconfig of the webhook's own ServiceAccount. */
async function writeKubeconfig(server: KubeApiserver, namespace: string, file: string): Promise<void> {
  const admin = `--kubeconfig=${server.kubeconfigPath}`;
  const token = await runPeer('kubectl', [admin, '-n', namespace, 'create', 'token', 'tektrace-webhook']);
  const config = JSON.parse(server.kubeconfig) as { users: object[] };
  await writeFile(file, JSON.stringify({ ...config, users: [{ name: 'admin', user: { token: token.trim() } }] }), {
    mode: 0o600,
  });
}

/** Prepares a real API server in which the chart is installed. */
export async function prepareReplicas(
  server: KubeApiserver,
  client: KubeClient,
  { namespace, args }: { namespace: string; args: string[] },
): Promise<Replicas> {
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-replicas-'));
  const logFile = join(directory, 'webhook.log');
  const kubeconfig = join(directory, 'kubeconfig');
  await writeKubeconfig(server, namespace, kubeconfig);
  const balancer = new Balancer();
  await callAt(client, namespace, await balancer.listen());

  async function start(): Promise<Replica> {
    const [port = 0, healthPort = 0] = await freePorts(2);
    const isReady = async (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${healthPort}/readyz`).then(
        (response) => response.ok,
        () => false,
      );
    const process_ = await startServerProcess({
      name: 'tektrace webhook',
      program: process.execPath,
      args: [
        ...['--disable-warning=ExperimentalWarning', main, 'webhook', `--port=${port}`, `--health-port=${healthPort}`],
        ...['--namespace', namespace, ...args],
      ],
      env: { KUBECONFIG: kubeconfig },
      ...{ logFile, isReady, startTimeoutMs: START_TIMEOUT_MS },
    });
    const servedPem = async (): Promise<string> => {
      const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      return `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`;
    };
    const replica: Replica = { port, process: process_, isReady, servedPem };
    balancer.replicas.add(replica);
    void process_.exited.then(() => balancer.replicas.delete(replica));
    return replica;
  }

  return {
    start,
    logFile,
    stop: async () => {
      balancer.close();
      await Promise.all([...balancer.replicas].map((replica) => replica.process.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
