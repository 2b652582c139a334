import { expect, test } from '@jest/globals';

import { checkAdmission } from '../../../../cli/doctor/probe.ts';
import { checkSampling } from '../../../../cli/doctor/sampling.ts';
import { checkReach, whyUnreached } from '../../../../cli/doctor/reach.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import { clusterOf, deployment, HELM_UPGRADE } from './cluster-of.ts';

const refusing = (status: number, body: object): KubeClient => ({
  ...clusterOf({}),
  request: () => Promise.reject(new ApiError('x', status, body)),
});
const admitted = async (client: KubeClient) => (await checkAdmission(client, 'ci', Date.now)).findings;
const calling = (name: string) => ({ message: `failed calling webhook "${name}": connection refused` });

test.each<[string, number, object, string, RegExp]>([
  ['user', 403, { reason: 'Forbidden', details: { kind: 'pipelineruns' } }, 'unknown', /choose a user that may create/],
  ['namespace', 404, { details: { kind: 'namespaces' } }, 'failed', /--namespace NAME/],
  ['own webhook', 500, calling('pipelinerun.tektrace.dev'), 'failed', /webhook\.failurePolicy=Ignore/],
  ['Tekton’s webhook', 500, calling('webhook.pipeline.tekton.dev'), 'failed', /^webhook\.pipeline\.tekton\.dev is not/],
  ['a policy', 403, { message: 'denied the request', reason: 'Policy' }, 'failed', /choose a user/],
])('a run that can’t be created because of the %s', async (_what, status, body, state, remedy) => {
  expect(await admitted(refusing(status, body))).toMatchObject([{ state, remedy: expect.stringMatching(remedy) }]);
});

const service = { namespace: 'tracing', name: 'hook' };
const { annotations } = deployment('webhook', 1).metadata;
const configuration = (clientConfig: object) => ({
  metadata: { name: 'hook', annotations },
  webhooks: [{ name: 'pod.tektrace.dev', clientConfig, timeoutSeconds: 2 }],
});
const PROXY = '/api/v1/namespaces/tracing/services/https:hook:443/proxy/readyz';

test('a webhook that does not answer is asked for through the API server', async () => {
  const why = (client: KubeClient, clientConfig: object = { service }) =>
    whyUnreached(client, configuration(clientConfig));
  expect((await why(clusterOf({ [PROXY]: { any: 'answer' } }))).text).toMatch(/does not trust its certificate/);
  expect((await why(clusterOf({}))).text).toMatch(/does not trust its certificate/);
  const unreached = (message: string) => refusing(503, { message: `error trying to reach service: ${message}` });
  expect(await why(unreached('dial tcp 10.0.0.1:8443: connect: connection refused'))).toEqual({
    text: 'the API server does not reach the webhook: error trying to reach service: dial tcp 10.0.0.1:8443: connect: connection refused',
    remedy: expect.stringContaining(HELM_UPGRADE),
  });
  expect((await why(unreached('dial tcp 10.0.0.1:8443: i/o timeout'))).remedy).toMatch(/firewall/);
  const unknown = /was not called, or did not answer within 2 s/;
  expect((await why(refusing(403, { details: { kind: 'services' } }))).text).toMatch(unknown);
  expect((await why(clusterOf({}), { url: 'https://127.0.0.1:9443' })).text).toMatch(unknown);
});

test('a broken Service is noticed where the API server still has an old connection', async () => {
  const check = (client: KubeClient) => checkReach(client, configuration({ service }));
  expect(await check(clusterOf({ [PROXY]: { any: 'answer' } }))).toEqual([]);
  expect(await check(refusing(403, { details: { kind: 'services' } }))).toEqual([]);
  expect(await check(refusing(503, { message: 'no endpoints available for service "hook"' }))).toMatchObject([
    { state: 'warning', about: 'webhook Service', text: expect.stringContaining('no endpoints available') },
  ]);
});

test('the share of sampled runs is the webhook’s setting, not one probe’s luck', () => {
  const webhook = deployment('webhook', 1, 1, ['--sample-ratio=0.1', '--sample-namespace=none=0']);
  for (const isSampled of [true, false])
    expect(checkSampling(isSampled, 'ci', webhook)).toMatchObject({
      state: 'ok',
      text: 'a share of 0.1 of the runs in ci is sampled',
    });
  // Also while a Pod with the setting of before still answers.
  for (const isSampled of [true, false])
    expect(checkSampling(isSampled, 'none', webhook)).toMatchObject({
      state: 'warning',
      text: 'no run in none is sampled: at most failures are exported',
      remedy: expect.stringContaining(`${HELM_UPGRADE} --set sampling.ratio=1`) as unknown as string,
    });
  expect(checkSampling(false, 'ci', undefined)).toMatchObject({ state: 'warning' });
  expect(checkSampling(true, 'ci', undefined)).toMatchObject({ state: 'ok' });
});
