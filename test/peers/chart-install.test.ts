import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';

import { systemClock } from '../../certs/clock.ts';
import { keepCertificate } from '../../certs/keeper.ts';
import { ownAuthority } from '../../certs/own-authority.ts';
import { runControllers } from '../../controller/compose.ts';
import { LOCAL_IMAGES } from '../../controller/taskrun/pod/images.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import {
  MERGE_PATCH,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  PIPELINE_RUNS,
  SECRETS,
  TASK_RUNS,
  resourcePath,
} from '../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { PIPELINE_RUN_SPAN_CONTEXT, TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { CONTROLLER_MANAGER } from '../../shared/tracing/provenance.ts';
import { runPeer } from './support/command.ts';
import { chart, helm, renderChart } from './support/helm.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';
import type { KubeApiserver } from './support/kube-apiserver.ts';
import { until } from './support/until.ts';

const namespace = 'tracing';

/** A client with the rights of one of the chart's ServiceAccounts, by a token as its Pod gets it. */
async function clientOf(server: KubeApiserver, serviceAccount: string): Promise<KubeClient> {
  const token = await runPeer('kubectl', [
    `--kubeconfig=${server.kubeconfigPath}`,
    '-n',
    namespace,
    'create',
    'token',
    serviceAccount,
  ]);
  const config = loadKubeConfig({ text: server.kubeconfig });
  config.users = config.users.map((user) => ({ name: user.name, token: token.trim() }));
  return createKubeClient(config, { userAgent: `${serviceAccount}/test` });
}

describe('helm install into the real kube-apiserver', () => {
  let server: KubeApiserver;
  const kubectl = (...args: string[]): Promise<string> =>
    runPeer('kubectl', [`--kubeconfig=${server.kubeconfigPath}`, ...args]);
  const cluster = (): string[] => ['--kubeconfig', server.kubeconfigPath, '--namespace', namespace];
  const configuration = async (): Promise<V1MutatingWebhookConfiguration> =>
    JSON.parse(
      await kubectl('get', 'mutatingwebhookconfiguration', 'tektrace-webhook', '-o', 'json'),
    ) as V1MutatingWebhookConfiguration;

  beforeAll(async () => {
    server = await startKubeApiserver();
    await helm(['install', 'tektrace', chart, '--create-namespace', ...cluster()], { controller: { manage: 'all' } });
  }, 300_000);
  afterAll(async () => {
    await server.stop();
  });

  test('creates every object of the chart', async () => {
    const rendered = await renderChart({ controller: { manage: 'all' } });
    const objects = rendered.filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined);
    const names = objects.map(({ kind, metadata }) => `${String(kind)}/${metadata.name}`);
    const stored = JSON.parse(await kubectl('-n', namespace, 'get', ...names, '-o', 'json')) as {
      items: { kind: string; metadata: { name: string } }[];
    };
    expect(stored.items.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual(names.sort());
  });

  test("the webhook's own rights are enough to make its authority and publish it, and an upgrade leaves it published", async () => {
    const client = await clientOf(server, 'tektrace-webhook');
    const stop = new AbortController();
    const location = { client, namespace, secretName: 'tektrace-webhook-ca', clock: systemClock, log: silentLogger };
    const certificate = await keepCertificate(
      ownAuthority({ ...location, dnsNames: [`tektrace-webhook.${namespace}.svc`] }),
      { ...location, configurationName: 'tektrace-webhook' },
      AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]),
    );
    stop.abort();
    await certificate.ended;
    const bundles = ({ webhooks = [] }: V1MutatingWebhookConfiguration): (string | undefined)[] =>
      webhooks.map(({ clientConfig }) => clientConfig.caBundle);
    const published = bundles(await configuration());
    expect(published).toHaveLength(3);
    expect(Buffer.from(published[0] ?? '', 'base64').toString()).toContain('BEGIN CERTIFICATE');

    await helm(['upgrade', 'tektrace', chart, ...cluster()], {
      webhook: { replicas: 3 },
      controller: { manage: 'all' },
    });
    expect(bundles(await configuration())).toEqual(published);
    client.close();
  });

  test('the webhook may read no other Secret and change no other configuration', async () => {
    await kubectl('-n', namespace, 'create', 'secret', 'generic', 'others');
    const client = await clientOf(server, 'tektrace-webhook');
    const forbidden = { status: 403 };
    await expect(client.request('GET', resourcePath(SECRETS, { namespace, name: 'others' }))).rejects.toMatchObject(
      forbidden,
    );
    await expect(client.request('GET', resourcePath(SECRETS, { namespace }))).rejects.toMatchObject(forbidden);
    await expect(
      client.request('GET', resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: 'others' })),
    ).rejects.toMatchObject(forbidden);
    client.close();
  });

  test('an uninstall takes everything but the resource definitions and their runs', async () => {
    const definitions = await kubectl('get', 'customresourcedefinitions', '-o', 'name');
    await helm(['uninstall', 'tektrace', ...cluster()]);
    await expect(configuration()).rejects.toThrow('not found');
    expect(await kubectl('get', 'customresourcedefinitions', '-o', 'name')).toBe(definitions);
    expect(definitions).toContain('pipelineruns.tekton.dev');
  });

  test('with its defaults it goes beside a Tekton that is there: its controller follows a run that another executes, with the rights it has', async () => {
    await helm(['install', 'tektrace', chart, ...cluster()], {});
    const client = await clientOf(server, CONTROLLER_MANAGER);
    const sent: string[] = [];
    const sink: SpanSink = {
      target: 'memory',
      send: async (spans) => void sent.push(...spans.map(({ name }) => name)),
      close: async () => undefined,
    };
    const controllers = await runControllers({
      ...{ client, sink, manage: 'none', images: LOCAL_IMAGES, sampling: { ratio: 1 }, keepFailures: true },
      log: silentLogger,
    });
    await controllers.synced;
    const admin = createKubeClient(loadKubeConfig({ text: server.kubeconfig }));
    const runs = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
    const create = (name: string, labels = {}): Promise<PipelineRun> =>
      admin.request('POST', runs, {
        body: {
          ...{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: { name, labels } },
          spec: { pipelineSpec: { tasks: [{ name: 'a', taskRef: { name: 'a' } }] } },
        },
      });
    const end = (name: string): Promise<unknown> =>
      admin.request('PATCH', `${runs}/${name}/status`, {
        contentType: MERGE_PATCH,
        body: {
          status: {
            startTime: '2026-05-01T10:00:00Z',
            completionTime: '2026-05-01T10:00:05Z',
            conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' }],
          },
        },
      });
    const annotations = async (name: string): Promise<Record<string, string>> =>
      (await admin.request<PipelineRun>('GET', `${runs}/${name}`)).metadata.annotations ?? {};
    await create('ignored', { 'tektrace.dev/ignore': '' });
    const { metadata } = await create('followed');
    await until('a context', async () => (await annotations('followed'))[PIPELINE_RUN_SPAN_CONTEXT]);
    for (const name of ['ignored', 'followed']) await end(name);
    await until('the mark', async () => (await annotations('followed'))[TRACE_EXPORTED] === metadata.uid || undefined);
    expect(await annotations('ignored')).toEqual({});
    expect(sent).toContain('RUN followed');
    expect(sent).not.toContain('RUN ignored');

    await admin.request('PATCH', '/api/v1/namespaces/default', {
      contentType: MERGE_PATCH,
      body: { metadata: { labels: { 'tektrace.dev/ignore': 'true' } } },
    });
    await controllers.stop();
    const next = await runControllers({
      ...{ client, sink, manage: 'none', images: LOCAL_IMAGES, sampling: { ratio: 1 }, keepFailures: true },
      log: silentLogger,
    });
    await next.synced;
    await create('later');
    await end('later');
    expect(await admin.request<{ items: unknown[] }>('GET', resourcePath(TASK_RUNS))).toMatchObject({ items: [] });
    await next.stop();
    expect(await annotations('later')).toEqual({});
    expect(sent).not.toContain('RUN later');
    for (const open of [client, admin]) open.close();
  });
});
