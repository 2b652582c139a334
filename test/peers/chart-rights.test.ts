import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { V1Deployment } from '@kubernetes/client-node';
import { parse } from 'yaml';

import { auditFlags } from '../../bench/support/audit-log.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import {
  CUSTOM_RUNS,
  MERGE_PATCH,
  PIPELINE_RUNS,
  RESOLUTION_REQUESTS,
  TASK_RUNS,
  resourcePath,
} from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { PIPELINE_RUN_SPAN_CONTEXT, TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { runPeer } from './support/command.ts';
import { chart, helm, renderChart } from './support/helm.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';
import type { KubeApiserver } from './support/kube-apiserver.ts';
import { freePorts } from './support/ports.ts';
import { grantedRights, usedRights } from './support/rights.ts';
import { untilAllowed, untilServed } from './support/served.ts';
import { startServerProcess } from './support/server-process.ts';
import type { ServerProcess } from './support/server-process.ts';
import { until } from './support/until.ts';
import { readManifests, tektonShare } from './support/upstream/install.ts';

const main = resolve(import.meta.dirname, '../../cli/main.ts');
const namespace = 'tracing';
const userOf = (component: string): string => `system:serviceaccount:${namespace}:tektrace-${component}`;

/** Resource definitions of upstream's, whose conversion is by a webhook that is not here. */
const definitions = /^300-crds\/300-(pipelinerun|taskrun|customrun|resolutionrequest)\.yaml$/;

/**
 * The chart's two programs, with the arguments and the rights that it gives them, do each thing that they do beside Tekton. What their requests took and what the
 * chart grants must be the same.
 */
describe('the rights that the chart grants beside Tekton are those that are used', () => {
  let directory: string;
  let server: KubeApiserver;
  let client: KubeClient;
  let collector: http.Server;
  let rendered: KubeObject[];
  const processes: ServerProcess[] = [];
  const kubectl = (...args: string[]): Promise<string> =>
    runPeer('kubectl', [`--kubeconfig=${server.kubeconfigPath}`, ...args]);

  async function startProgram(component: 'controller' | 'webhook'): Promise<void> {
    const config = parse(server.kubeconfig) as { users: { user: Record<string, unknown> }[] };
    for (const { user } of config.users) user['as'] = userOf(component);
    const kubeconfig = join(directory, `${component}.kubeconfig`);
    await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    const deployment = rendered.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === `tektrace-${component}`,
    ) as KubeObject & V1Deployment;
    const [health = 0] = await freePorts(1);
    const args = deployment.spec?.template.spec?.containers[0]?.args ?? [];
    const moved = args.map((arg) => arg.replace('--port=8443', '--port=0').replace('=8081', `=${health}`));
    const lease = component === 'controller' ? [`--leader-elect-resource-namespace=${namespace}`] : [];
    processes.push(
      await startServerProcess({
        name: component,
        program: process.execPath,
        args: [main, ...moved, ...lease],
        env: { KUBECONFIG: kubeconfig },
        logFile: join(directory, `${component}.log`),
        isReady: async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok,
        startTimeoutMs: 60_000,
      }),
    );
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tektrace-rights-'));
    const log = await auditFlags({
      policyPath: join(directory, 'policy.yaml'),
      logPath: join(directory, 'audit.log'),
      watches: true,
    });
    // Without it the API server streams no lists, as before Kubernetes 1.32: then `list` is used.
    server = await startKubeApiserver({ extraArgs: [...log, '--feature-gates=WatchList=false'] });
    client = createKubeClient(loadKubeConfig({ text: server.kubeconfig }));
    collector = http.createServer((request, response) => {
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((done) => collector.listen(0, '127.0.0.1', done));
    const items = (await readManifests(tektonShare, [definitions])).map((manifest) => ({
      ...manifest,
      spec: { ...(manifest['spec'] as object), conversion: { strategy: 'None' } },
    }));
    const file = join(directory, 'definitions.json');
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await kubectl('apply', '--server-side', '--filename', file);
    await kubectl('wait', '--for=condition=Established', '--timeout=60s', '--filename', file);
    await untilServed(client, [PIPELINE_RUNS, TASK_RUNS, CUSTOM_RUNS, RESOLUTION_REQUESTS]);
    const { port } = collector.address() as AddressInfo;
    const values = { jaegerCollectorUrl: `http://127.0.0.1:${port}/v1/traces` };
    rendered = await renderChart(values);
    const target = ['--namespace', namespace, '--create-namespace', '--kubeconfig', server.kubeconfigPath];
    await helm(['install', 'tektrace', chart, ...target], values);
    // A request that came before the API server knew the rights would be one that had none.
    await untilAllowed(client, userOf('webhook'), [
      { verb: 'update', group: '', resource: 'secrets', namespace, name: 'tektrace-webhook-ca' },
      {
        ...{ verb: 'patch', group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations' },
        name: 'tektrace-webhook',
      },
    ]);
    await untilAllowed(client, userOf('controller'), [
      { verb: 'patch', group: 'tekton.dev', resource: 'pipelineruns' },
      { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', namespace, name: 'tektrace-controller' },
    ]);
    await startProgram('webhook');
    await startProgram('controller');
  }, 300_000);
  afterAll(async () => {
    for (const one of processes) await one.stop();
    client?.close();
    await server?.stop();
    collector?.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function annotationsOf(path: string): Promise<Record<string, string>> {
    return (await client.request<KubeObject>('GET', path)).metadata.annotations ?? {};
  }

  /** A run that nobody stamps at admission, and that ends. */
  async function playRun(kind: 'PipelineRun' | 'TaskRun', spec: object): Promise<string> {
    const collection = resourcePath(kind === 'PipelineRun' ? PIPELINE_RUNS : TASK_RUNS, { namespace: 'default' });
    const name = kind.toLowerCase();
    await client.request('POST', collection, {
      body: { apiVersion: 'tekton.dev/v1', kind, metadata: { name }, spec },
    });
    const path = `${collection}/${name}`;
    await until(`a context of ${name}`, async () => Object.keys(await annotationsOf(path))[0]);
    return path;
  }

  const end = (path: string): Promise<unknown> =>
    client.request('PATCH', `${path}/status`, {
      contentType: MERGE_PATCH,
      body: {
        status: {
          ...(path.includes('/taskruns/') && { podName: 'pod' }),
          startTime: '2026-05-01T10:00:00Z',
          completionTime: '2026-05-01T10:00:05Z',
          conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }],
        },
      },
    });
  const isMarked = (path: string): Promise<true> =>
    until(`the mark of ${path}`, async () => (TRACE_EXPORTED in (await annotationsOf(path)) ? true : undefined));

  test('none is missing, none is too many', async () => {
    const run = await playRun('PipelineRun', { pipelineRef: { name: 'any' } });
    const contextOf = async (): Promise<string | undefined> => (await annotationsOf(run))[PIPELINE_RUN_SPAN_CONTEXT];
    const own = await contextOf();
    // The second Event of the same kind is a count on the first.
    for (let times = 0; times < 2; times++) {
      const annotations = { [PIPELINE_RUN_SPAN_CONTEXT]: null };
      await client.request('PATCH', run, { contentType: MERGE_PATCH, body: { metadata: { annotations } } });
      await until('the context again', async () => ((await contextOf()) === own ? true : undefined));
    }
    await end(run);
    await isMarked(run);
    const task = await playRun('TaskRun', { taskRef: { name: 'any' } });
    await end(task);
    await isMarked(task);
    // Somebody deletes what the chart has made.
    for (const [kind, name] of [
      ['lease', 'tektrace-controller'],
      ['secret', 'tektrace-webhook-ca'],
    ] as const) {
      await kubectl('delete', kind, name, `--namespace=${namespace}`);
      const made = ['get', kind, name, `--namespace=${namespace}`, '--ignore-not-found', '--output=name'];
      await until(`another ${kind}`, async () => ((await kubectl(...made)) === '' ? undefined : true));
    }
    await until('a count on an Event', async () => {
      const text = await kubectl('get', 'events', '--output=json');
      const { items } = JSON.parse(text) as { items: { count?: number }[] };
      return items.some(({ count = 0 }) => count > 1) || undefined;
    });
    for (const one of processes) await one.stop();

    for (const component of ['controller', 'webhook']) {
      const granted = grantedRights(rendered, `tektrace-${component}`);
      const { used, refused } = await usedRights(join(directory, 'audit.log'), userOf(component), granted);
      expect([...refused]).toEqual([]);
      expect([...used].sort()).toEqual([...granted].sort());
    }
  }, 300_000);
});
