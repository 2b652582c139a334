import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';

import { auditFlags } from '../../../bench/support/audit-log.ts';
import { createKubeClient } from '../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';
import { startControllerProcess } from '../../peers/support/controller-process.ts';
import type { ControllerProcess } from '../../peers/support/controller-process.ts';
import { startJaeger } from '../../peers/support/jaeger.ts';
import type { Jaeger } from '../../peers/support/jaeger.ts';
import { upstreamExecutes } from '../../peers/support/upstream/executes.ts';
import { controllerUser, namespace, startWebhookCluster } from '../../peers/support/webhook-cluster.ts';
import type { WebhookCluster } from '../../peers/support/webhook-cluster.ts';
import { startSteadyNode } from './node.ts';
import { startProxy } from './proxy.ts';
import type { Proxy } from './proxy.ts';
import { startRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';

const NODE_STEP_MS = 150;

/** A controller process that reaches the API server by a proxy of its own. */
export interface TestedController extends ControllerProcess {
  name: string;
  proxy: Proxy;
  /** The address that the audit log has for it. */
  from: string;
  /** How often it has read a whole list so far, by resource (`pods`). */
  lists(): Promise<Record<string, number>>;
  /** What it logged so far, one object a line. */
  log(): Promise<{ time: string; level: string; message: string; [field: string]: unknown }[]>;
}

/** A real API server with the chart, its webhook, a node, and a collector in front of a real Jaeger. */
export interface Testbed {
  cluster: WebhookCluster;
  jaeger: Jaeger;
  recorder: Recorder;
  auditLog: string;
  /** An administrator's client by way of a proxy. */
  clientThrough(proxy: Proxy): KubeClient;
  startController(options?: { extraArgs?: string[]; proxy?: Proxy }): Promise<TestedController>;
  /** Ends the controllers that a test has left running, so that they don't take part in the next one. */
  stopControllers(): Promise<void>;
  /** With everything that was started here. */
  stop(): Promise<void>;
}

export const ELECTION = ['--leader-elect', `--leader-elect-resource-namespace=${namespace}`];

function kubeconfigBy(kubeconfig: string, port: number, user?: string): string {
  const config = parse(kubeconfig) as {
    clusters: { cluster: { server: string } }[];
    users: { user: Record<string, unknown> }[];
  };
  for (const { cluster } of config.clusters) cluster.server = `https://127.0.0.1:${port}`;
  if (user !== undefined) for (const each of config.users) each.user['as'] = user;
  return stringify(config);
}

async function readLists({ healthUrl }: ControllerProcess): Promise<Record<string, number>> {
  const metrics = await (await fetch(`${healthUrl}/metrics`)).text();
  const found = metrics.matchAll(/^reflector_lists_total\{resource="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, resource = '', count]) => [resource, Number(count)]));
}

/** Lines for who reads the test's output. */
export const report = (text: string): void => void process.stderr.write(`    ${text}\n`);

export interface TestbedOptions {
  /** Who executes the runs: these controllers unless told. */
  executor?: 'tektrace' | 'upstream';
}

export async function startTestbed({ executor = 'tektrace' }: TestbedOptions = {}): Promise<Testbed> {
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-resilience-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const each of stops.splice(0).reverse()) await each().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped');
  };
  try {
    const auditLog = join(directory, 'audit.log');
    const audit = await auditFlags({ policyPath: join(directory, 'audit-policy.yaml'), logPath: auditLog });
    const upstream = executor === 'upstream' ? upstreamExecutes() : undefined;
    const cluster = await startWebhookCluster({
      ...{ fsync: true, extraArgs: audit },
      ...(upstream && { ...upstream.cluster, prepare: (server) => upstream.prepare(server, directory) }),
    });
    stops.push(() => cluster.stop());
    if (upstream) stops.push(() => upstream.stop());
    const jaeger = await startJaeger();
    stops.push(() => jaeger.stop());
    const recorder = await startRecorder(jaeger.otlpUrl);
    stops.push(() => recorder.close());
    const node = await startSteadyNode(cluster.client, NODE_STEP_MS);
    stops.push(() => node.stop());
    const servers: ControllerProcess[] = [];
    const stopControllers = async (): Promise<void> => {
      await Promise.all(servers.map((server) => server.stop()));
    };
    return {
      cluster,
      jaeger,
      recorder,
      auditLog,
      clientThrough: (proxy) => {
        const client = createKubeClient(loadKubeConfig({ text: kubeconfigBy(cluster.server.kubeconfig, proxy.port) }));
        stops.push(async () => client.close());
        return client;
      },
      startController: async ({ extraArgs = [], proxy: given } = {}) => {
        const number = servers.length + 1;
        const name = `controller-${number}`;
        const from = `127.0.0.${number + 1}`;
        const proxy = given ?? (await startProxy(new URL(cluster.server.url), from));
        if (!given) stops.push(() => proxy.close());
        const kubeconfigPath = join(directory, `${name}.kubeconfig`);
        const kubeconfig = kubeconfigBy(cluster.server.kubeconfig, proxy.port, controllerUser);
        await writeFile(kubeconfigPath, kubeconfig, { mode: 0o600 });
        const server = await startControllerProcess({
          ...{ kubeconfigPath, collectorUrl: recorder.url, directory, name },
          extraArgs: [...(executor === 'upstream' ? ['--manage=none'] : []), ...extraArgs],
        });
        servers.push(server);
        stops.push(() => server.stop());
        return {
          ...server,
          ...{ name, proxy, from },
          lists: () => readLists(server),
          log: async () => {
            const lines = (await readFile(join(directory, `${name}.log`), 'utf8')).split('\n');
            return lines
              .filter((line) => line.startsWith('{'))
              .map((line) => JSON.parse(line) as { time: string; level: string; message: string });
          },
        };
      },
      stopControllers,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
