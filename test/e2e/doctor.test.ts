import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { createAuthority } from '../../certs/authority.ts';
import { examine } from '../../cli/doctor/doctor.ts';
import type { DoctorOptions } from '../../cli/doctor/doctor.ts';
import type { Finding } from '../../cli/doctor/finding.ts';
import { startLocalCluster } from '../../cli/local/cluster.ts';
import type { LocalCluster } from '../../cli/local/cluster.ts';
import { startApiServer } from '../../local/apiserver/server.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { JSON_PATCH, MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { isolation } from '../support/isolations.ts';
import { cli } from './support/cli.ts';

const configuration = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: 'tektrace-webhook' });

let cluster: LocalCluster;
let caBundle: string;
beforeAll(async () => {
  cluster = await startLocalCluster({ isolation, sink: undefined, log: silentLogger });
  const { webhooks } = await cluster.client.request<{ webhooks: { clientConfig: { caBundle: string } }[] }>(
    'GET',
    configuration,
  );
  caBundle = webhooks[0]?.clientConfig.caBundle ?? '';
});
afterAll(() => cluster.close());

const setBundle = (bundle: string): Promise<unknown> =>
  cluster.client.request('PATCH', configuration, {
    body: [0, 1, 2].map((index) => ({
      ...{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: bundle },
    })),
    contentType: JSON_PATCH,
  });
beforeEach(() => setBundle(caBundle));

/** A cluster that has its version at once: a busy machine may take longer for it than a cluster that is well. */
const quick = async (client: KubeClient): Promise<KubeClient> => {
  const version = await client.request('GET', '/version');
  const request = (...[method, path, options]: Parameters<KubeClient['request']>) =>
    path === '/version' ? Promise.resolve(version) : client.request(method, path, options);
  return { ...client, server: client.server, request: request as KubeClient['request'] };
};
const findingsOf = async (options: Partial<DoctorOptions> = {}): Promise<Finding[]> =>
  examine({
    ...{ client: await quick(cluster.client), namespace: 'default', newTraceId: () => 'a'.repeat(32) },
    ...{ now: Date.now, sendSpan: async () => 'http://collector' },
    ...options,
  });
/** What is not as it should be, with what to do. */
const wrong = (findings: Finding[]): Finding[] =>
  findings.filter(({ state }) => state === 'failed' || state === 'warning');

const otherAuthority = async (): Promise<string> => {
  const { certPem } = await createAuthority({ commonName: 'other', lifetimeMs: 365 * 24 * 3_600_000 });
  return Buffer.from(certPem).toString('base64');
};

test('on a healthy cluster nothing is wrong', async () => {
  const findings = await findingsOf();
  expect(wrong(findings)).toEqual([]);
  expect(findings.filter(({ state }) => state === 'ok').map(({ about }) => about)).toEqual([
    'cluster',
    'Tekton',
    'webhook certificate',
    'webhook',
    'clock',
    'sampling',
    'collector',
  ]);
});

describe('on a broken cluster it says what is wrong, and what to do:', () => {
  test('the API server does not answer', async () => {
    const client = createKubeClient(loadKubeConfig({ text: await cluster.server.kubeconfig() }));
    client.close();
    const broken: KubeClient = {
      ...client,
      request: () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })),
    };
    expect(wrong(await findingsOf({ client: broken }))).toMatchObject([
      {
        about: 'cluster',
        text: expect.stringContaining('nothing listens there') as unknown as string,
        remedy: expect.any(String) as unknown as string,
      },
    ]);
  });

  test('Tekton is not there', async () => {
    const server = await startApiServer({ port: 0, crds: [], log: silentLogger });
    const client = createKubeClient(loadKubeConfig({ text: await server.kubeconfig() }));
    const findings = wrong(await findingsOf({ client: await quick(client) }));
    client.close();
    await server.close();
    expect(findings).toMatchObject([
      { about: 'Tekton', text: expect.stringContaining('does not serve PipelineRun, TaskRun') as unknown as string },
      {
        about: 'webhook configuration',
        text: expect.stringContaining('no MutatingWebhookConfiguration') as unknown as string,
      },
    ]);
  });

  test('the API server trusts another authority than the webhook’s', async () => {
    await setBundle(await otherAuthority());
    expect(wrong(await findingsOf())).toMatchObject([
      { about: 'webhook', text: expect.stringContaining('admitted without a trace context') as unknown as string },
    ]);
  });

  test('the authority has expired, or soon will', async () => {
    const days = (count: number) => () => Date.now() + count * 24 * 3_600_000;
    expect(wrong(await findingsOf({ now: days(400) }))).toContainEqual(
      expect.objectContaining({
        ...{ state: 'failed', about: 'webhook certificate' },
        ...{ text: expect.stringMatching(/expired \d+ days ago/), remedy: expect.stringMatching(/restart .* https:/) },
      }),
    );
    expect(wrong(await findingsOf({ now: days(360) }))).toContainEqual(
      expect.objectContaining({ state: 'warning', about: 'webhook certificate' }),
    );
  });

  test('the caBundle is no certificate', async () => {
    await setBundle(
      Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----').toString('base64'),
    ).catch(() => undefined);
    const { webhooks } = await cluster.client.request<{ webhooks: { clientConfig: { caBundle?: string } }[] }>(
      'GET',
      configuration,
    );
    if (webhooks[0]?.clientConfig.caBundle === caBundle)
      throw new Error('the API server refuses it, so nobody can meet it: this test is of no use');
    expect(wrong(await findingsOf())).toContainEqual(
      expect.objectContaining({ about: 'webhook certificate', text: expect.stringContaining("can't be read") }),
    );
  });

  test('the namespace is not there', async () => {
    expect(wrong(await findingsOf({ namespace: 'absent' }))).toContainEqual(
      expect.objectContaining({ about: 'webhook', remedy: 'choose a namespace that exists: --namespace NAME' }),
    );
  });

  test('the collector does not answer', async () => {
    const sendSpan = () => Promise.reject(Object.assign(new Error(''), { code: 'ECONNREFUSED' }));
    expect(wrong(await findingsOf({ sendSpan }))).toMatchObject([{ about: 'collector' }]);
  });

  test('the clocks differ', async () => {
    expect(wrong(await findingsOf({ now: () => Date.now() + 3_600_000 }))).toContainEqual(
      expect.objectContaining({
        about: 'clock',
        text: expect.stringMatching(/clock is 36\d\d s behind this machine's/) as unknown as string,
      }),
    );
  });

  test('the controller lacks rights, or its Pods are not ready', async () => {
    const labels = (component: string) => ({ 'app.kubernetes.io/component': component });
    const args = ['--manage=all', '--jaeger-collector-url=http://collector:4318/v1/traces'];
    const deployment = (component: string, readyReplicas: number) => ({
      metadata: { namespace: 'tektrace', name: component, labels: labels(component) },
      spec: { replicas: 2, template: { spec: { serviceAccountName: 'watcher', containers: [{ args }] } } },
      status: { readyReplicas },
    });
    const asked: unknown[] = [];
    const own = await quick(cluster.client);
    const request = (
      method: string,
      path: string,
      options: {
        query?: { labelSelector?: string };
        body?: { spec: { user: string; resourceAttributes: { verb: string } } };
      },
    ) => {
      if (path.endsWith('/deployments'))
        return options.query?.labelSelector?.includes('tekton-pipelines')
          ? { items: [] }
          : { items: [deployment('controller', 2), deployment('webhook', 0)] };
      if (!path.endsWith('/subjectaccessreviews')) return own.request(method, path, options);
      asked.push(options.body?.spec.user);
      return { status: { allowed: options.body?.spec.resourceAttributes.verb !== 'patch' } };
    };
    const client = {
      ...cluster.client,
      server: cluster.client.server,
      request: async (...args: Parameters<typeof request>) => request(...args),
    };
    expect(wrong(await findingsOf({ client: client as unknown as KubeClient }))).toMatchObject([
      { about: 'webhook', text: 'tektrace/webhook: none of 2 Pods is ready' },
      {
        about: 'rights',
        text: 'the service account tektrace:watcher may not patch mutatingwebhookconfigurations webhook',
      },
      {
        about: 'rights',
        text: 'the service account tektrace:watcher may not patch pipelineruns, patch taskruns, patch events',
      },
    ]);
    expect(new Set(asked)).toEqual(new Set(['system:serviceaccount:tektrace:watcher']));
  });

  test('the user may read nothing', async () => {
    const forbidden = async (method: string, path: string): Promise<unknown> => {
      if (path === '/version') return { gitVersion: 'v1.36.0' };
      throw new ApiError(`${method} ${path}`, 403, { message: 'forbidden' });
    };
    const client = { ...cluster.client, server: 'https://cluster', request: forbidden } as unknown as KubeClient;
    const found = (await findingsOf({ client })).map(({ state, about }) => [state, about]);
    for (const about of ['Tekton', 'webhook configuration', 'controller'])
      expect(found).toContainEqual(['unknown', about]);
  });
});

test('tektrace doctor prints a line for each check, and ends with 0', async () => {
  const { code, stdout, stderr } = await cli(['doctor', '--kubeconfig', cluster.kubeconfigFile]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^ {2}✓ cluster +https:\/\/127\.0\.0\.1:\d+ is Kubernetes v1\./m);
  expect(stdout).toMatch(/^ {2}✓ webhook +a PipelineRun in default gets its trace context$/m);
  expect(stdout).toMatch(/^ {2}\? collector +none was named: --jaeger-collector-url URL sends it a span$/m);
  expect(stdout).toContain('\n  No check failed; 2 could not be checked.\n');
  expect(code).toBe(0);
});

test('tektrace doctor -o json prints the findings as they are', async () => {
  const { code, stdout } = await cli(['doctor', '-o', 'json', '--kubeconfig', cluster.kubeconfigFile]);
  const findings = JSON.parse(stdout) as Finding[];
  expect(findings.map(({ about }) => about)).toContain('webhook certificate');
  expect(findings.find(({ about }) => about === 'collector')).toEqual({
    ...{ state: 'unknown', about: 'collector' },
    text: 'none was named: --jaeger-collector-url URL sends it a span',
  });
  expect(code).toBe(0);
});
