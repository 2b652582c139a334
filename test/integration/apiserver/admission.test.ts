import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { start } from './support/client.ts';
import type { Client, Running } from './support/client.ts';
import { CONFIGMAPS, configMap, MERGE, widget, widgetCrd, WIDGETS } from './support/objects.ts';
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

describe('admission', () => {
  test('shows a webhook what a kube-apiserver shows it', async () => {
    await configure();
    webhook.answerWith(() => ({ response: patchResponse(stamp) }));
    const unnamed = { ...widget(''), metadata: { generateName: 'run-' } };
    const { body } = await client.request('POST', `${WIDGETS}?fieldManager=kubectl-create`, unnamed);
    const [call] = webhook.calls;
    expect(call?.url).toBe('/mutate?timeout=30s');
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
    const timeoutSeconds = 'hang' in answer ? 1 : 30;
    await configure({ failurePolicy: 'Ignore', timeoutSeconds });
    expect((await client.request('POST', WIDGETS, widget(`${name}-ignore`))).code).toBe(underIgnore);
    await configure({ failurePolicy: 'Fail', timeoutSeconds });
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

  test('a webhook is not asked where its conditions are not met', async () => {
    const unless = "!has(object.metadata.annotations) || !('stamp/x' in object.metadata.annotations)";
    await configure({ matchConditions: [{ name: 'unstamped', expression: unless }] });
    webhook.answerWith(() => ({ response: patchResponse(stamp) }));
    await client.request('POST', WIDGETS, widget('unstamped'));
    await client.request('POST', WIDGETS, widget('stamped', { annotations: { 'stamp/x': '0' } }));
    expect(webhook.calls.map(({ review }) => review.request.name as string)).toEqual(['unstamped']);
  });

  test('a condition whose regular expression is nested takes linear time', async () => {
    const expression = "!object.metadata.annotations.text.matches('^(a+)+$')";
    await configure({ failurePolicy: 'Fail', matchConditions: [{ name: 'nested', expression }] });
    webhook.answerWith(() => ({ response: patchResponse(stamp) }));
    const annotations = { text: `${'a'.repeat(60)}b` };
    expect((await client.request('POST', WIDGETS, widget('nested', { annotations }))).code).toBe(201);
    expect(webhook.calls).toHaveLength(1);
  });

  test('a condition that would take for ever ends the request', async () => {
    const loops = 'abcdefg'.split('').map((name) => `object.spec.steps.all(${name}, `);
    const expression = `${loops.join('')}a.name != ''${')'.repeat(loops.length)}`;
    await configure({ failurePolicy: 'Fail', matchConditions: [{ name: 'long', expression }] });
    const steps = Array.from({ length: 100 }, (_, index) => ({ name: `step-${index}` }));
    const { code, body } = await client.request('POST', WIDGETS, widget('loops', {}, { steps }));
    expect({ code, message: body.message as unknown }).toEqual({
      code: 403,
      message:
        'widgets.example.dev "loops" is forbidden: validation failed due to running out of cost budget, no further validation rules will be run',
    });
  });

  test("a Service's webhook is called at the Service's endpoint", async () => {
    const reference = { namespace: 'default', name: 'hooks', path: '/mutate' };
    const [own] = (webhook.configuration() as { webhooks: { clientConfig: { caBundle: string } }[] }).webhooks;
    const clientConfig = { service: reference, caBundle: own?.clientConfig.caBundle };
    await configure({ failurePolicy: 'Fail', clientConfig });
    webhook.answerWith(() => ({ response: patchResponse(stamp) }));
    const missing = await client.request('POST', WIDGETS, widget('unserved'));
    expect(missing.body.message).toBe(
      'Internal error occurred: failed calling webhook "widgets.example.dev": failed to call webhook: Post "https://hooks.default.svc:443/mutate?timeout=30s": service "hooks" not found',
    );
    const core = '/api/v1/namespaces/default';
    const metadata = { name: 'hooks' };
    await client.request('POST', `${core}/services`, { metadata, spec: { ports: [{ port: 443 }] } });
    const subsets = [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: webhook.port }] }];
    await client.request('POST', `${core}/endpoints`, { metadata, subsets });
    const { code, body } = await client.request('POST', WIDGETS, widget('served'));
    expect({ code, annotations: body.metadata.annotations as unknown }).toEqual({
      code: 201,
      annotations: { 'stamp/x': '1' },
    });
    expect(webhook.calls[0]?.headers.host).toBe('hooks.default.svc:443');
  });

  test('a patch that leaves no object of its type is an error of the request', async () => {
    const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }];
    await configure({ rules });
    webhook.answerWith(() => ({ response: patchResponse([{ op: 'replace', path: '/data', value: 'text' }]) }));
    const { code, body } = await client.request('POST', CONFIGMAPS, configMap('broken'));
    expect(code).toBe(500);
    expect(body.message).toContain('data');
  });

  test('a validating webhook sees what is to be stored, and can keep it from being stored', async () => {
    await client.request('DELETE', `${CONFIGURATIONS}/widgets`);
    const validating = CONFIGURATIONS.replace('mutating', 'validating');
    const kind = 'ValidatingWebhookConfiguration';
    await client.request('POST', validating, { ...webhook.configuration(), kind });
    webhook.answerWith(() => ({ response: { allowed: false, status: { message: 'not here' } } }));
    const { code, body } = await client.request('POST', WIDGETS, widget('unwanted'));
    await client.request('DELETE', `${validating}/widgets`);
    expect({ code, message: body.message as unknown }).toEqual({
      code: 400,
      message: 'admission webhook "widgets.example.dev" denied the request: not here',
    });
    expect(webhook.calls[0]?.review.request.object.metadata).toMatchObject({ name: 'unwanted', generation: 1 });
    expect((await client.request('GET', `${WIDGETS}/unwanted`)).code).toBe(404);
  });
});
