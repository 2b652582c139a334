import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';

import { createWebhookCertificate } from '../../certs/webhook-certificate.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS, SECRETS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { runPeer } from './support/command.ts';
import { chart, helm, renderChart } from './support/helm.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';
import type { KubeApiserver } from './support/kube-apiserver.ts';

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
  return createKubeClient(config);
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
    await helm(['install', 'tektrace', chart, '--create-namespace', ...cluster()]);
  }, 120_000);
  afterAll(async () => {
    await server.stop();
  });

  test('creates every object of the chart', async () => {
    const objects = await renderChart();
    const names = objects.map(({ kind, metadata }) => `${String(kind)}/${metadata.name}`);
    const stored = JSON.parse(await kubectl('-n', namespace, 'get', ...names, '-o', 'json')) as {
      items: { kind: string; metadata: { name: string } }[];
    };
    expect(stored.items.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort()).toEqual(names.sort());
  });

  test("the webhook's own rights are enough to make its authority and publish it, and an upgrade leaves it published", async () => {
    const client = await clientOf(server, 'tektrace-webhook');
    await createWebhookCertificate(
      {
        client,
        namespace,
        secretName: 'tektrace-webhook-ca',
        configurationName: 'tektrace-webhook',
        dnsNames: [`tektrace-webhook.${namespace}.svc`],
        log: silentLogger,
      },
      AbortSignal.timeout(20_000),
    );
    const bundles = ({ webhooks = [] }: V1MutatingWebhookConfiguration): (string | undefined)[] =>
      webhooks.map(({ clientConfig }) => clientConfig.caBundle);
    const published = bundles(await configuration());
    expect(published).toHaveLength(3);
    expect(Buffer.from(published[0] ?? '', 'base64').toString()).toContain('BEGIN CERTIFICATE');

    await helm(['upgrade', 'tektrace', chart, ...cluster()], { webhook: { replicas: 3 } });
    expect(bundles(await configuration())).toEqual(published);
    client.close();
  }, 60_000);

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
  }, 60_000);
});
