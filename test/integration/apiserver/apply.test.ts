import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { start } from './support/client.ts';
import type { Answer, Client, Running } from './support/client.ts';
import { CONFIGMAPS, MERGE } from './support/objects.ts';

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const APPLY = { contentType: 'application/apply-patch+yaml' };

let running: Running;
let client: Client;
beforeAll(async () => {
  running = await start();
  client = running.client;
});
afterAll(() => running.stop());

function apply(name: string, data: object, query: string, metadata: object = {}): Promise<Answer> {
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
  return client.request('PATCH', `${CONFIGMAPS}/${name}?${query}`, config, APPLY);
}

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'nginx', env: [{ name: 'A', value: '1' }] }] },
    },
  },
};

describe('server-side apply', () => {
  test('creates, changes, and takes back what is no longer applied', async () => {
    expect((await apply('made', { a: '1', b: '2' }, 'fieldManager=one')).code).toBe(201);
    const { code, body } = await apply('made', { a: '3' }, 'fieldManager=one');
    expect(code).toBe(200);
    expect(body.data).toEqual({ a: '3' });
    expect(body.metadata.managedFields).toMatchObject([
      { manager: 'one', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } },
    ]);
  });

  test('a field of another manager is a conflict, with its causes; force takes it', async () => {
    await apply('shared', { a: '1' }, 'fieldManager=one');
    const { code, body } = await apply('shared', { a: '2' }, 'fieldManager=two');
    expect(code).toBe(409);
    expect(body).toMatchObject({
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' }] },
    });
    const forced = await apply('shared', { a: '2' }, 'fieldManager=two&force=true');
    expect(forced.body.metadata.managedFields).toMatchObject([{ manager: 'two' }]);
  });

  test('writes nothing where nothing changes, and nothing in a dry run', async () => {
    const first = await apply('steady', { a: '1' }, 'fieldManager=one');
    const again = await apply('steady', { a: '1' }, 'fieldManager=one');
    expect(again.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    await apply('steady', { a: '2' }, 'fieldManager=one&dryRun=All');
    expect((await client.request('GET', `${CONFIGMAPS}/steady`)).body.data).toEqual({ a: '1' });
    // A further owner of the same value is a change.
    const other = await apply('steady', { a: '1' }, 'fieldManager=two');
    expect(other.body.metadata.resourceVersion).not.toBe(first.body.metadata.resourceVersion);
  });

  test('has a manager and an object of the right type and name', async () => {
    expect(await apply('x', {}, '')).toMatchObject({
      code: 422,
      body: { message: expect.stringContaining('fieldManager: Required value: is required for apply patch') },
    });
    const forced = await client.request('PATCH', `${CONFIGMAPS}/x?force=true`, {}, MERGE);
    expect(forced.body.message).toContain('force: Forbidden: may not be specified for non-apply patch');
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } };
    const wrong = await client.request('PATCH', `${CONFIGMAPS}/x?fieldManager=a`, secret, APPLY);
    expect(wrong).toMatchObject({ code: 400, body: { message: 'invalid object type: /v1, Kind=Secret' } });
    const managed = await apply('x', {}, 'fieldManager=a', { managedFields: [{ manager: 'a' }] });
    expect(managed).toMatchObject({ code: 400, body: { message: 'metadata.managedFields must be nil' } });
  });

  test('a key that occurs twice is warned of, or refused', async () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: twice\ndata:\n  a: "1"\n  a: "2"\n';
    const put = (query: string): Promise<Answer> =>
      client.request('PATCH', `${CONFIGMAPS}/twice?fieldManager=a${query}`, Buffer.from(text), APPLY);
    expect((await put('&fieldValidation=Strict')).body.message).toContain('line 7: key "a" already set in map');
    const { code, headers, body } = await put('');
    expect(code).toBe(201);
    expect(headers['warning']).toBe('299 - "line 7: key \\"a\\" already set in map"');
    expect(body.data).toEqual({ a: '2' });
  });
});

describe('Deployments, which nothing runs', () => {
  test('are defaulted, checked, scaled; their templates merge', async () => {
    const { code, body } = await client.request('POST', DEPLOYMENTS, deployment);
    expect(code).toBe(201);
    expect(body.spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
    });
    expect(body.status).toEqual({});
    const scaled = await client.request('PATCH', `${DEPLOYMENTS}/web/scale`, { spec: { replicas: 3 } }, MERGE);
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { selector: 'app=web' } });
    const containers = [{ name: 'main', env: [{ name: 'B', value: '2' }] }];
    const patched = await client.request(
      'PATCH',
      `${DEPLOYMENTS}/web`,
      { spec: { template: { spec: { containers } } } },
      { contentType: 'application/strategic-merge-patch+json' },
    );
    expect(patched.body.spec.replicas).toBe(3);
    expect(patched.body.metadata.generation).toBe(3);
    expect(patched.body.spec.template.spec.containers[0]).toMatchObject({
      image: 'nginx',
      env: [
        { name: 'B', value: '2' },
        { name: 'A', value: '1' },
      ],
    });
    const other = { ...deployment, metadata: { name: 'other' }, spec: { ...deployment.spec, selector: {} } };
    expect(await client.request('POST', DEPLOYMENTS, other)).toMatchObject({
      code: 422,
      body: { message: expect.stringContaining('empty selector is invalid for deployment') },
    });
    const moved = { spec: { selector: { matchLabels: { app: 'x' } } } };
    expect((await client.request('PATCH', `${DEPLOYMENTS}/web`, moved, MERGE)).body.message).toContain(
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    );
  });
});
