import { expect, test } from '@jest/globals';

import { checkCluster } from '../../../../cli/doctor/cluster.ts';
import { examine } from '../../../../cli/doctor/doctor.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import { clusterOf } from './cluster-of.ts';

const still = (): number => 0;
const failing = (error: Error): KubeClient => ({ ...clusterOf({}), request: () => Promise.reject(error) });

test('it answers', async () => {
  const client = clusterOf({ '/version': { gitVersion: 'v1.36.0' } });
  expect(await checkCluster(client, still)).toMatchObject({
    state: 'ok',
    text: 'https://cluster is Kubernetes v1.36.0',
  });
});

test('it answers late', async () => {
  let nowMs = 0;
  const client = clusterOf({ '/version': () => ((nowMs = 2500), { gitVersion: 'v1.36.0' }) });
  expect(await checkCluster(client, () => nowMs)).toMatchObject({
    state: 'warning',
    text: 'https://cluster is Kubernetes v1.36.0, and took 2.5 s to say so',
  });
});

test.each<[string, KubeClient, RegExp, RegExp]>([
  ['the credentials have expired', clusterOf({ '/version': 401 }), /credentials of this user \(401\)/, /sign in again/],
  ['something else is there', clusterOf({}), /is no Kubernetes API server/, /choose another context/],
  [
    'a page is there',
    failing(new Error('GET /version: the response is not JSON: <!DOCTYPE html>')),
    /is no Kubernetes API server: it answers something else/,
    /choose another context/,
  ],
  ['something else answers', clusterOf({ '/version': {} }), /is no Kubernetes API server/, /choose another context/],
  [
    'its certificate is of another authority',
    failing(new ConnectionError('GET /version', new Error('unable to verify the first certificate'))),
    /certificate of https:\/\/cluster is not trusted/,
    /take a new kubeconfig/,
  ],
  [
    'the login command is missing',
    failing(
      new ConnectionError('GET /version', new Error('the credentials of user "u" can\'t be read: spawn x ENOENT')),
    ),
    /no credentials for https:\/\/cluster: .*spawn x ENOENT/,
    /sign in again/,
  ],
  [
    'nothing listens',
    failing(
      new ConnectionError(
        'GET /version',
        Object.assign(new Error('x'), { code: 'ECONNREFUSED', address: '10.0.0.1', port: 6443 }),
      ),
    ),
    /does not answer: 10\.0\.0\.1:6443: nothing listens there/,
    /kubectl version/,
  ],
])('%s', async (_what, client, text, remedy) => {
  expect(await checkCluster(client, still)).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(text) as unknown as string,
    remedy: expect.stringMatching(remedy) as unknown as string,
  });
});

test('an API server that stops answering ends each check in time', async () => {
  const client: KubeClient = {
    ...clusterOf({}),
    request: (_method, path, { signal } = {}) =>
      path === '/version'
        ? Promise.resolve({ gitVersion: 'v1.36.0' } as never)
        : new Promise((_done, fail) => signal?.addEventListener('abort', () => fail(signal.reason as Error))),
  };
  const findings = await examine({
    ...{ client, namespace: 'default', sendSpan: undefined, newTraceId: () => 'a'.repeat(32), now: still },
    checkTimeoutMs: 10,
  });
  expect(findings.filter(({ state }) => state === 'failed').map(({ text }) => text)).toContain(
    'the API server did not answer within 0.01 s',
  );
});

test('where nothing is installed that is said once, with what to do', async () => {
  const resources = ['PipelineRun', 'TaskRun', 'Pipeline', 'Task'].map((kind) => ({ kind }));
  const client = clusterOf({
    '/version': { gitVersion: 'v1.36.0' },
    '/apis/tekton.dev/v1': { resources },
    '/apis/tekton.dev/v1/namespaces/default/pipelineruns': {
      metadata: { name: 'a', creationTimestamp: '1970-01-01T00:00:00Z' },
    },
    '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations': { items: [] },
    '/apis/apps/v1/deployments': { items: [] },
  });
  const findings = await examine({
    ...{ client, namespace: 'default', sendSpan: undefined, newTraceId: () => 'a'.repeat(32), now: still },
  });
  expect(findings.filter(({ state }) => state !== 'ok')).toMatchObject([
    { state: 'failed', about: 'webhook configuration', remedy: expect.stringContaining('helm upgrade --install') },
    { state: 'failed', about: 'webhook', text: expect.stringMatching(/: what failed above explains it$/) },
    { state: 'unknown', about: 'collector' },
  ]);
});
