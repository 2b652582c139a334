import { expect, test } from '@jest/globals';

import { checkInstallations, readInstallation } from '../../../../cli/doctor/installation.ts';
import { checkConfiguration } from '../../../../cli/doctor/webhook.ts';
import { clusterOf, HELM_UPGRADE } from './cluster-of.ts';

const NAMES = ['pipelinerun.tektrace.dev', 'taskrun.tektrace.dev', 'pod.tektrace.dev'];
const annotations = { 'meta.helm.sh/release-name': 'tektrace', 'meta.helm.sh/release-namespace': 'tracing' };
const namespaceSelector = {
  matchExpressions: [
    { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system', 'tracing'] },
    { key: 'tektrace.dev/ignore', operator: 'DoesNotExist' },
  ],
};
const service = { namespace: 'tracing', name: 'tektrace-webhook', port: 443 };
const configuration = (part: object = {}, names = NAMES, name = 'tektrace-webhook') => ({
  metadata: { name, annotations },
  webhooks: names.map((one) => ({ name: one, clientConfig: { service }, namespaceSelector, ...part })),
});
const SERVICE = '/api/v1/namespaces/tracing/services/tektrace-webhook';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/tracing/endpointslices';
const whole = {
  '/api/v1/namespaces/ci': { metadata: { name: 'ci', labels: { 'kubernetes.io/metadata.name': 'ci' } } },
  [SERVICE]: { spec: { ports: [{ port: 443 }] } },
  [SLICES]: { items: [{ endpoints: [{ conditions: { ready: true } }] }] },
};
/** What is wrong besides the certificate, which these configurations have none of. */
const wrong = async (answers: object, ours = configuration()) =>
  (await checkConfiguration(clusterOf({ ...whole, ...answers }), ours, 'ci', 0)).filter(
    ({ about }) => about !== 'webhook certificate',
  );

test('a whole one has no fault', async () => {
  expect(await wrong({})).toEqual([]);
});

test('a namespace that it leaves out is named with the condition, and how it is let in', async () => {
  const labels = { 'kubernetes.io/metadata.name': 'ci', 'tektrace.dev/ignore': 'true' };
  expect(await wrong({ '/api/v1/namespaces/ci': { metadata: { name: 'ci', labels } } })).toEqual([
    {
      ...{ state: 'failed', about: 'webhook configuration' },
      text: 'tektrace-webhook leaves out the namespace ci: its namespaceSelector requires tektrace.dev/ignore DoesNotExist',
      remedy: 'kubectl label namespace ci tektrace.dev/ignore-',
    },
  ]);
  expect(await wrong({}, configuration({ namespaceSelector: { matchLabels: { trace: 'yes' } } }))).toMatchObject([
    { text: expect.stringMatching(/requires trace = yes$/), remedy: expect.stringContaining(HELM_UPGRADE) },
  ]);
});

test('webhooks that are missing are named with what runs lack', async () => {
  expect(await wrong({}, configuration({}, NAMES.slice(0, 2)))).toEqual([
    {
      ...{ state: 'failed', about: 'webhook configuration' },
      text: 'tektrace-webhook lacks the webhooks pod.tektrace.dev (steps get no TRACEPARENT)',
      remedy: HELM_UPGRADE,
    },
  ]);
});

test('its Service has to be there, with its port, and a Pod behind it', async () => {
  const found = async (answers: object) => (await wrong(answers)).map(({ state, text }) => [state, text]);
  expect(await found({ [SERVICE]: 404 })).toEqual([
    ['failed', 'tektrace-webhook calls the Service tracing/tektrace-webhook, which is not there'],
  ]);
  expect(await found({ [SERVICE]: { spec: { ports: [{ port: 8443 }] } } })).toEqual([
    ['failed', 'tektrace-webhook calls port 443 of tracing/tektrace-webhook, which has only 8443'],
  ]);
  for (const endpoints of [null, [], [{ conditions: { ready: false } }]])
    expect(await found({ [SLICES]: { items: [{ endpoints }] } })).toEqual([
      ['failed', 'tracing/tektrace-webhook leads to no Pod that is ready'],
    ]);
  expect(await found({ [SERVICE]: 403 })).toEqual([['unknown', 'this user may not read Services of tracing']]);
  expect(await found({ [SLICES]: 403, '/api/v1/namespaces/ci': 403 })).toEqual([]);
});

test('failurePolicy Fail is the user’s choice, and is said', async () => {
  expect(await wrong({}, configuration({ failurePolicy: 'Fail' }))).toMatchObject([{ state: 'ok' }]);
});

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const DEPLOYMENTS = '/apis/apps/v1/deployments';
const installations = async (items: object[] | number) =>
  checkInstallations(
    await readInstallation(
      clusterOf({ [CONFIGURATIONS]: typeof items === 'number' ? items : { items }, [DEPLOYMENTS]: { items: [] } }),
    ),
  );

test('one installation is right, none and two are not', async () => {
  const other = { metadata: { name: 'others' }, webhooks: [{ name: 'a.example.com' }] };
  expect(await installations([other, configuration()])).toEqual([]);
  expect(await installations([other])).toMatchObject([
    { state: 'failed', remedy: expect.stringContaining('helm upgrade --install tektrace helm/tektrace') },
  ]);
  const handMade = { metadata: { name: 'by-hand' }, webhooks: [{ name: 'pod.tektrace.dev' }] };
  expect(await installations([configuration(), handMade])).toEqual([
    {
      ...{ state: 'warning', about: 'installations' },
      text: 'there are 2, with the webhook configurations tektrace-webhook and by-hand: each sends the spans of every run',
      remedy:
        'remove all but one: helm uninstall tektrace -n tracing, or kubectl delete mutatingwebhookconfiguration by-hand',
    },
  ]);
  expect(await installations(403)).toMatchObject([{ state: 'unknown' }]);
});
