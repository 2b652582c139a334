import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { start } from './support/client.ts';
import type { Client, Running } from './support/client.ts';
import { MERGE, widget, widgetCrd, WIDGETS } from './support/objects.ts';
import { patchResponse, startWebhook } from './support/webhook.ts';
import type { TestWebhook } from './support/webhook.ts';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

let running: Running;
let client: Client;
let webhook: TestWebhook;
beforeAll(async () => {
  webhook = await startWebhook();
  running = await start({ crds: [widgetCrd] });
  client = running.client;
});
afterAll(async () => {
  await running.stop();
  await webhook.close();
});

async function configure(more: object = {}): Promise<void> {
  await client.request('DELETE', `${CONFIGURATIONS}/widgets`);
  const { code, body } = await client.request('POST', CONFIGURATIONS, webhook.configuration(more));
  expect({ code, message: body.message as unknown }).toEqual({ code: 201, message: undefined });
}

const stamp = [
  { op: 'add', path: '/metadata/annotations', value: {} },
  { op: 'add', path: '/metadata/annotations/stamp~1x', value: '1' },
];

describe('mutating admission', () => {
  test('shows a webhook what a kube-apiserver shows it', async () => {
    await configure();
    webhook.answerWith(() => ({ response: patchResponse(stamp) }));
    const unnamed = { ...widget(''), metadata: { generateName: 'run-' } };
    const { body } = await client.request('POST', `${WIDGETS}?fieldManager=kubectl-create`, unnamed);
    const [call] = webhook.calls;
    expect(call?.url).toBe('/mutate?timeout=1s');
    expect(call?.headers).toMatchObject({
      'user-agent': 'kube-apiserver-admission',
      'content-type': 'application/json',
    });
    expect(call?.headers['traceparent']).toBeUndefined();
    const request = call?.review.request;
    expect(request).toMatchObject({
      kind: { group: 'example.dev', version: 'v1', kind: 'Widget' },
      requestResource: { group: 'example.dev', version: 'v1', resource: 'widgets' },
      namespace: 'default',
      operation: 'CREATE',
      userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl-create' },
    });
    expect(request.name).toBeUndefined();
    expect(Object.keys(request.object.metadata as object).sort()).toEqual([
      'generateName',
      'managedFields',
      'namespace',
    ]);
    expect(body.metadata.annotations).toEqual({ 'stamp/x': '1' });
    expect(JSON.stringify(body.metadata.managedFields)).not.toContain('stamp/x');
  });

  test('says when it is a dry run', async () => {
    await configure();
    webhook.answerWith(() => ({ response: patchResponse(stamp) }));
    const { body } = await client.request('POST', `${WIDGETS}?dryRun=All`, widget('dry'));
    expect(webhook.calls[0]?.review.request).toMatchObject({ dryRun: true, options: { dryRun: ['All'] } });
    expect(body.metadata.annotations).toEqual({ 'stamp/x': '1' });
  });

  test('calls only for what rules and selectors name', async () => {
    await configure({ objectSelector: { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] } });
    webhook.answerWith(() => ({}));
    await client.request('POST', WIDGETS, widget('skipped', { labels: { skip: 'yes' } }));
    await client.request('PATCH', `${WIDGETS}/skipped`, { spec: { count: 1 } }, MERGE);
    expect(webhook.calls).toHaveLength(0);
    await configure({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'elsewhere' } } });
    await client.request('POST', WIDGETS, widget('elsewhere'));
    expect(webhook.calls).toHaveLength(0);
  });

  test('an equivalent version is shown in the version that the rule names', async () => {
    await configure();
    webhook.answerWith(() => ({ response: patchResponse(stamp) }));
    const other = { ...widget('older'), apiVersion: 'example.dev/v1beta1' };
    const { body } = await client.request('POST', WIDGETS.replace('/v1/', '/v1beta1/'), other);
    expect(webhook.calls[0]?.review.request).toMatchObject({
      kind: { version: 'v1' },
      requestKind: { version: 'v1beta1' },
      object: { apiVersion: 'example.dev/v1' },
    });
    expect(body).toMatchObject({ apiVersion: 'example.dev/v1beta1', metadata: { annotations: { 'stamp/x': '1' } } });
  });

  test.each([
    [
      'a patch below a missing parent',
      { response: patchResponse([{ op: 'add', path: '/metadata/annotations/x', value: '1' }]) },
      500,
      500,
    ],
    ['a denial', { response: { allowed: false, status: { message: 'no' } } }, 400, 400],
    [
      'a denial with a code',
      { response: { allowed: false, status: { message: 'no', reason: 'Quota', code: 429 } } },
      429,
      429,
    ],
    ['status 500', { status: 500 }, 201, 500],
    ['another uid', { response: { allowed: true, uid: 'x' } }, 201, 500],
    ['a patch without its type', { response: { allowed: true, patch: 'W10=' } }, 201, 500],
    ['an empty patch', { response: patchResponse([]) }, 201, 201],
    ['no answer in time', { hang: true }, 201, 500],
  ])('%s', async (what, answer, underIgnore, underFail) => {
    const name = what.replaceAll(' ', '-');
    webhook.answerWith(() => answer);
    await configure({ failurePolicy: 'Ignore' });
    expect((await client.request('POST', WIDGETS, widget(`${name}-ignore`))).code).toBe(underIgnore);
    await configure({ failurePolicy: 'Fail' });
    expect((await client.request('POST', WIDGETS, widget(`${name}-fail`))).code).toBe(underFail);
  });

  test('a webhook whose certificate is not of the caBundle is not trusted', async () => {
    const other = await startWebhook();
    const [configuration] = (other.configuration() as { webhooks: { clientConfig: { caBundle: string } }[] }).webhooks;
    const [own] = (webhook.configuration() as { webhooks: { clientConfig: object }[] }).webhooks;
    webhook.answerWith(() => ({}));
    await configure({
      failurePolicy: 'Fail',
      clientConfig: { ...own?.clientConfig, caBundle: configuration?.clientConfig.caBundle },
    });
    const { code, body } = await client.request('POST', WIDGETS, widget('untrusted'));
    await other.close();
    expect(code).toBe(500);
    expect(body.message).toContain(
      'failed calling webhook "widgets.example.dev": failed to call webhook: Post "https://127.0.0.1:',
    );
    expect(webhook.calls).toHaveLength(0);
  });

  test('conditions in CEL are refused, because they would not be honoured', async () => {
    await client.request('DELETE', `${CONFIGURATIONS}/widgets`);
    const more = { matchConditions: [{ name: 'x', expression: 'true' }] };
    const { code, body } = await client.request('POST', CONFIGURATIONS, webhook.configuration(more));
    expect(code).toBe(422);
    expect(body.details.causes[0].field).toBe('webhooks[0].matchConditions[0].expression');
  });
});
