import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { start } from './support/client.ts';
import type { Client, Running } from './support/client.ts';
import { CONFIGMAPS, configMap, MERGE, pod, PODS } from './support/objects.ts';

let running: Running;
let client: Client;
beforeAll(async () => {
  running = await start();
  client = running.client;
});
afterAll(() => running.stop());

describe('create', () => {
  test('fills in what the server decides', async () => {
    const { code, body } = await client.request('POST', CONFIGMAPS, configMap('made'));
    expect(code).toBe(201);
    expect(body.metadata).toMatchObject({ name: 'made', namespace: 'default' });
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(0);
  });

  test('makes a name from generateName', async () => {
    const { body } = await client.request('POST', CONFIGMAPS, { ...configMap(''), metadata: { generateName: 'run-' } });
    expect(body.metadata.name).toMatch(/^run-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  test('a taken name is 409, an unknown namespace 404, a bad name 422', async () => {
    await client.request('POST', CONFIGMAPS, configMap('taken'));
    const taken = await client.request('POST', CONFIGMAPS, configMap('taken'));
    expect(taken).toMatchObject({
      code: 409,
      body: { reason: 'AlreadyExists', message: 'configmaps "taken" already exists' },
    });
    const nowhere = await client.request('POST', '/api/v1/namespaces/nowhere/configmaps', configMap('x'));
    expect(nowhere).toMatchObject({ code: 404, body: { message: 'namespaces "nowhere" not found' } });
    const bad = await client.request('POST', CONFIGMAPS, configMap('Bad_Name'));
    expect(bad).toMatchObject({
      code: 422,
      body: { reason: 'Invalid', details: { causes: [{ field: 'metadata.name' }] } },
    });
  });

  test('dryRun answers as if, and stores nothing', async () => {
    const { code, body } = await client.request('POST', `${CONFIGMAPS}?dryRun=All`, configMap('unreal'));
    expect(code).toBe(201);
    expect(body.metadata.resourceVersion).toBeUndefined();
    expect((await client.request('GET', `${CONFIGMAPS}/unreal`)).code).toBe(404);
  });

  test.each([
    ['malformed JSON', '{"a":', 400],
    ['a list', '[]', 400],
    ['an object of another kind', JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } }), 400],
    ['more than 3 MB', JSON.stringify({ ...configMap('big'), data: { big: 'x'.repeat(3.2e6) } }), 413],
  ])('%s gets a Status', async (_what, body, code) => {
    const answer = await client.request('POST', CONFIGMAPS, body);
    expect(answer).toMatchObject({ code, body: { kind: 'Status', status: 'Failure', code } });
  });
});

describe('keys of ConfigMaps and Secrets', () => {
  const SECRETS = CONFIGMAPS.replace('configmaps', 'secrets');
  const charset =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
  const object = (kind: string, content: object): object => ({
    apiVersion: 'v1',
    kind,
    metadata: { name: 'keys' },
    ...content,
  });

  test.each([
    ['a path', '../x', [charset, "must not start with '..'"]],
    ['the directory', '.', ["must not be '.'"]],
    ['its parent', '..', ["must not be '..'"]],
    ['what the kubelet keeps', '..data', ["must not start with '..'"]],
    ['nothing', '', [charset]],
    ['more than 253 characters', 'x'.repeat(254), ['must be no more than 253 characters']],
  ])('%s is refused with 422', async (_what, key, problems) => {
    const data = { data: { [key]: 'eA==' } };
    for (const [path, kind, content, field] of [
      [CONFIGMAPS, 'ConfigMap', data, 'data'],
      [CONFIGMAPS, 'ConfigMap', { binaryData: { [key]: 'eA==' } }, 'binaryData'],
      [SECRETS, 'Secret', data, 'data'],
      [SECRETS, 'Secret', { stringData: { [key]: 'x' } }, 'data'],
    ] as const) {
      const { code, body } = await client.request('POST', path, object(kind, content));
      expect(code).toBe(422);
      const causes = body.details.causes as { field: string; message: string }[];
      expect(causes.map((cause) => `${cause.field}: ${cause.message}`)).toEqual(
        problems.map((problem) => `${field}[${key}]: Invalid value: ${JSON.stringify(key)}: ${problem}`),
      );
    }
  });

  test('a change is checked too; names with dots, dashes and underscores are good', async () => {
    const good = object('ConfigMap', { data: { '.a-B_9.txt': '1' } });
    expect((await client.request('POST', CONFIGMAPS, good)).code).toBe(201);
    const patch = { data: { 'a/b': '1' } };
    expect((await client.request('PATCH', `${CONFIGMAPS}/keys`, patch, MERGE)).code).toBe(422);
  });
});

describe('Pods', () => {
  test('get the defaults that a node relies on', async () => {
    const { body } = await client.request('POST', PODS, pod('plain'));
    expect(body.status).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(body.spec).toMatchObject({
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      terminationGracePeriodSeconds: 30,
    });
    expect(body.spec.containers[0]).toMatchObject({
      terminationMessagePath: '/dev/termination-log',
      imagePullPolicy: 'Always',
    });
  });

  test('need containers with names of their own', async () => {
    const containers = [{ name: 'a', image: 'x' }, { name: 'a' }];
    const { code, body } = await client.request('POST', PODS, pod('twice', {}, { containers }));
    expect(code).toBe(422);
    expect(body.message).toBe(
      'Pod "twice" is invalid: [spec.containers[1].image: Required value, spec.containers[1].name: Duplicate value: "a"]',
    );
    const none = await client.request('POST', PODS, pod('none', {}, { containers: [] }));
    expect(none.body.message).toBe('Pod "none" is invalid: spec.containers: Required value');
  });

  test('an unknown field is refused, warned of or ignored as asked', async () => {
    const odd = pod('odd', {}, { containers: [{ name: 'a', image: 'x', imagee: 'y' }] });
    const strict = await client.request('POST', `${PODS}?fieldValidation=Strict`, odd);
    expect(strict.body.message).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagee"',
    );
    const warned = await client.request('POST', PODS, odd);
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"spec.containers[0].imagee\\""');
    expect(warned.body.spec.containers[0].imagee).toBeUndefined();
  });

  test('keep their spec', async () => {
    const { body } = await client.request('POST', PODS, pod('fixed'));
    const changed = await client.request('PUT', `${PODS}/fixed`, {
      ...body,
      spec: { ...body.spec, restartPolicy: 'Never' },
    });
    expect(changed.code).toBe(422);
    expect(changed.body.message).toContain('pod updates may not change fields other than');
  });
});

describe('update and patch', () => {
  test('an old resourceVersion is 409, a new one wins, none is unconditional', async () => {
    const { body } = await client.request('POST', CONFIGMAPS, configMap('versioned'));
    const first = await client.request('PUT', `${CONFIGMAPS}/versioned`, { ...body, data: { key: '1' } });
    expect(first.code).toBe(200);
    const second = await client.request('PUT', `${CONFIGMAPS}/versioned`, { ...body, data: { key: '2' } });
    expect(second).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
    expect(second.body.message).toBe(
      'Operation cannot be fulfilled on configmaps "versioned": the object has been modified; please apply your changes to the latest version and try again',
    );
    expect((await client.request('PUT', `${CONFIGMAPS}/versioned`, configMap('versioned'))).code).toBe(200);
  });

  test('writing the same again changes nothing', async () => {
    await client.request('POST', CONFIGMAPS, configMap('same'));
    const before = await client.request('GET', `${CONFIGMAPS}/same`);
    const after = await client.request('PATCH', `${CONFIGMAPS}/same`, { data: { key: 'value' } }, MERGE);
    expect(after.body.metadata.resourceVersion).toBe(before.body.metadata.resourceVersion);
  });

  test('JSON, merge and strategic merge patches', async () => {
    await client.request('POST', PODS, pod('patched', { annotations: { 'a/b': '1' } }));
    const json = [{ op: 'add', path: '/metadata/annotations/c~1d', value: '2' }];
    await client.request('PATCH', `${PODS}/patched`, json, { contentType: 'application/json-patch+json' });
    await client.request('PATCH', `${PODS}/patched`, { metadata: { annotations: { 'a/b': null } } }, MERGE);
    const strategic = { spec: { containers: [{ name: 'main', image: 'busybox:2' }] } };
    const { body } = await client.request('PATCH', `${PODS}/patched`, strategic, {
      contentType: 'application/strategic-merge-patch+json',
    });
    expect(body.metadata.annotations).toEqual({ 'c/d': '2' });
    expect(body.spec.containers[0]).toMatchObject({
      name: 'main',
      image: 'busybox:2',
      terminationMessagePolicy: 'File',
    });
    const test = [{ op: 'test', path: '/metadata/annotations/c~1d', value: 'other' }];
    expect(
      (await client.request('PATCH', `${PODS}/patched`, test, { contentType: 'application/json-patch+json' })).code,
    ).toBe(422);
  });
});

describe('list', () => {
  test('by labels and fields, in pages that stay as they were', async () => {
    for (const name of ['p1', 'p2', 'p3'])
      await client.request('POST', CONFIGMAPS, configMap(name, { labels: { page: 'yes' } }));
    const first = await client.request('GET', `${CONFIGMAPS}?labelSelector=page%3Dyes&limit=2`);
    expect(first.body.metadata.remainingItemCount).toBeUndefined();
    await client.request('POST', CONFIGMAPS, configMap('p4', { labels: { page: 'yes' } }));
    const rest = await client.request(
      'GET',
      `${CONFIGMAPS}?labelSelector=page%3Dyes&limit=2&continue=${first.body.metadata.continue as string}`,
    );
    const names = [...first.body.items, ...rest.body.items].map(
      (item: { metadata: { name: string } }) => item.metadata.name,
    );
    expect(names).toEqual(['p1', 'p2', 'p3']);
    expect(rest.body.metadata).toEqual({ resourceVersion: first.body.metadata.resourceVersion });
    const one = await client.request('GET', `${CONFIGMAPS}?fieldSelector=metadata.name%3Dp2`);
    expect(one.body.items).toHaveLength(1);
    expect(one.body.items[0].kind).toBeUndefined();
    expect((await client.request('GET', `${CONFIGMAPS}?fieldSelector=data.key%3Dx`)).body.message).toBe(
      '"data.key" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
  });
});
