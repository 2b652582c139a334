import { beforeAll, describe, expect, test } from '@jest/globals';

import { createAuthority } from '../../../certs/authority.ts';
import { verdict } from '../../../cli/commands/doctor.ts';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { checkInstallation } from '../../../cli/doctor/rights.ts';
import { checkConfiguration } from '../../../cli/doctor/webhook.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const answering = (answer: (path: string, options: { body?: unknown }) => unknown): KubeClient =>
  ({
    request: async (_method: string, path: string, options: { body?: unknown } = {}) => answer(path, options),
  }) as unknown as KubeClient;

test.each<[Finding['state'][], string]>([
  [['ok', 'ok'], 'Nothing is wrong.'],
  [['ok', 'warning', 'unknown', 'warning'], 'No check failed; 2 warnings, 1 could not be checked.'],
  [['ok', 'warning'], 'No check failed; 1 warning.'],
  [['unknown', 'ok'], 'No check failed; 1 could not be checked.'],
  [['failed', 'ok', 'failed'], '2 of 3 checks failed.'],
  [['failed', 'warning', 'unknown'], '1 of 3 checks failed; 1 warning, 1 could not be checked.'],
])('the verdict over %j is %p', (states, text) => {
  expect(verdict(states.map((state) => ({ state })))).toBe(text);
});

describe('the webhook’s certificate', () => {
  let caBundle: string;
  let endMs: number;
  beforeAll(async () => {
    endMs = Math.floor(Date.now() / 1000) * 1000 + 365 * DAY_MS;
    const { certPem } = await createAuthority({ commonName: 'a', lifetimeMs: endMs - Date.now() });
    caBundle = Buffer.from(certPem).toString('base64');
  });
  const configuration = (clientConfig: object): KubeClient =>
    answering(() => ({
      items: [{ metadata: { name: 'tektrace' }, webhooks: [{ name: 'runs.tektrace.dev', clientConfig }] }],
    }));
  const service = { name: 'tektrace-webhook', namespace: 'tracing' };
  const ITS = '-n tracing -l app.kubernetes.io/part-of=tektrace,app.kubernetes.io/component=webhook';

  test('that expired a day ago needs a restart, in the webhook’s namespace', async () => {
    expect(await checkConfiguration(configuration({ caBundle, service }), endMs + HOUR_MS)).toEqual({
      ...{ state: 'failed', about: 'webhook certificate' },
      text: 'the authority in tektrace expired 1 day ago',
      remedy: `restart the webhook: kubectl rollout restart deployment ${ITS}`,
    });
  });

  test('that soon expires, or is not there, is explained by the webhook’s log', async () => {
    expect(await checkConfiguration(configuration({ caBundle, service }), endMs - 1.5 * DAY_MS)).toEqual({
      ...{ state: 'warning', about: 'webhook certificate' },
      text: 'the authority in tektrace is valid for 1 day',
      remedy: `see why the webhook does not renew it: kubectl logs ${ITS}`,
    });
    expect(await checkConfiguration(configuration({ service }), endMs)).toMatchObject({
      state: 'failed',
      remedy: `see why the webhook has not published it: kubectl logs ${ITS}`,
    });
  });

  test('of a webhook outside of the cluster is that of a program', async () => {
    const url = 'https://127.0.0.1:9443/mutate/runs';
    expect(await checkConfiguration(configuration({ url }), endMs)).toMatchObject({
      remedy: `see why the webhook has not published it: the log of the program that serves ${url}`,
    });
  });
});

describe('the controller’s rights', () => {
  const labels = { 'app.kubernetes.io/component': 'controller' };
  const deployment = {
    metadata: { namespace: 'tracing', name: 'tektrace-controller', labels },
    spec: { replicas: 1, template: { spec: { serviceAccountName: 'watcher' } } },
    status: { readyReplicas: 1 },
  };
  const without = async (refused: (right: { resource: string; name?: string }) => boolean): Promise<Finding> => {
    const client = answering((path, { body }) => {
      if (path.endsWith('/deployments')) return { items: [deployment] };
      const { resourceAttributes } = (body as { spec: { resourceAttributes: { resource: string } } }).spec;
      return { status: { allowed: !refused(resourceAttributes) } };
    });
    const found = (await checkInstallation(client)).find(({ about }) => about === 'rights');
    if (!found) throw new Error('no finding about rights');
    return found;
  };

  test('are all there', async () => {
    expect(await without(() => false)).toMatchObject({ state: 'ok' });
  });

  test('of runs, Pods and namespaces have to be there', async () => {
    expect(await without(({ name }) => name === 'kube-system')).toMatchObject({
      state: 'failed',
      text: 'the service account tracing:watcher may not get namespaces kube-system',
    });
  });

  test('of what only adds to a trace give a warning', async () => {
    expect(await without(({ resource }) => resource === 'customruns')).toMatchObject({
      state: 'warning',
      text: 'the service account tracing:watcher may not list customruns, watch customruns: traces or Events lack what these are for',
    });
  });
});
