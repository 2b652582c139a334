import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { VersionConverter } from '../../../local/apiserver/catalog/versions.ts';
import { forbiddenField } from '../../../local/apiserver/field-errors.ts';
import { valueAt } from '../../../local/apiserver/object.ts';
import { start } from './support/client.ts';
import type { Answer, Client, Json, Running } from './support/client.ts';
import { MERGE } from './support/objects.ts';

const version = (name: string, field: string, storage: boolean): object => ({
  name,
  served: true,
  storage,
  subresources: { status: {} },
  selectableFields: [{ jsonPath: `.spec.${field}` }],
  additionalPrinterColumns: [{ name: 'Height', type: 'string', jsonPath: `.spec.${field}` }],
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          properties: { [field]: { type: 'string' }, colour: { type: 'string' } },
        },
        status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
});

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'doors.example.dev' },
  spec: {
    group: 'example.dev',
    scope: 'Namespaced',
    names: { plural: 'doors', kind: 'Door' },
    versions: [version('v1', 'height', true), version('v1beta1', 'tall', false)],
  },
};

const NOTE = 'example.dev/converted-from';

/** v1beta1 calls `tall` what v1 calls `height`; v1 remembers in an annotation that v1beta1 was written. */
const converter: VersionConverter = {
  convert(object, apiVersion) {
    if (object.metadata.annotations?.['example.dev/broken'] !== undefined) throw new Error('the door is broken');
    const { height, tall, ...spec } = (object['spec'] ?? {}) as Record<string, unknown>;
    const value = height ?? tall;
    const toV1 = apiVersion === 'example.dev/v1';
    const { [NOTE]: _note, ...annotations } = object.metadata.annotations ?? {};
    const noted = toV1 ? { ...annotations, [NOTE]: object.apiVersion } : annotations;
    return {
      ...object,
      apiVersion,
      metadata: { ...object.metadata, annotations: noted },
      spec: { ...spec, ...(value === undefined ? {} : { [toV1 ? 'height' : 'tall']: value }) },
    };
  },
  validate: (object) =>
    valueAt(object, 'spec', 'tall') === 'too much' ? [forbiddenField('spec.tall', 'no door is')] : [],
};

const doors = (apiVersion: string): string => `/apis/example.dev/${apiVersion}/namespaces/default/doors`;
const door = (apiVersion: string, name: string, spec: object, metadata: object = {}): object => ({
  apiVersion: `example.dev/${apiVersion}`,
  kind: 'Door',
  metadata: { name, ...metadata },
  spec,
});
const APPLY = { contentType: 'application/apply-patch+yaml' };

describe('a custom resource whose versions a converter brings into each other', () => {
  let running: Running;
  let client: Client;
  const read = async (apiVersion: string, name: string): Promise<Json> =>
    (await client.request('GET', `${doors(apiVersion)}/${name}`)).body;
  const apply = (apiVersion: string, name: string, manager: string, spec: object, force = false): Promise<Answer> =>
    client.request(
      'PATCH',
      `${doors(apiVersion)}/${name}?fieldManager=${manager}&force=${force}`,
      door(apiVersion, name, spec),
      APPLY,
    );

  beforeAll(async () => {
    running = await start({ crds: [definition], converters: new Map([['doors.example.dev', converter]]) });
    client = running.client;
  });
  afterAll(() => running.stop());

  test('is stored in one version and shown in both; who wrote it gets it as it was written', async () => {
    const created = await client.request('POST', doors('v1beta1'), door('v1beta1', 'made', { tall: '2m' }));
    expect(created.body).toMatchObject({ apiVersion: 'example.dev/v1beta1', spec: { tall: '2m' } });
    const stable = await read('v1', 'made');
    expect(stable).toMatchObject({ apiVersion: 'example.dev/v1', spec: { height: '2m' } });
    expect(stable.metadata.annotations).toEqual({ [NOTE]: 'example.dev/v1beta1' });
    expect((await read('v1beta1', 'made')).metadata.annotations).toEqual({});
    const { body } = await client.request('GET', doors('v1beta1'));
    expect(body.items.map(({ spec }: Json) => spec)).toContainEqual({ tall: '2m' });
    const table = await client.request('GET', doors('v1beta1'), undefined, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    expect(table.body.rows[0].cells).toEqual(['made', '2m']);
  });

  test('has unknown fields and schema errors in the version in which it is written', async () => {
    const { headers } = await client.request('POST', doors('v1beta1'), door('v1beta1', 'pruned', { height: '1m' }));
    expect(headers['warning']).toBe('299 - "unknown field \\"spec.height\\""');
    expect((await read('v1', 'pruned')).spec).toEqual({});
    const refused = await client.request('POST', doors('v1beta1'), door('v1beta1', 'high', { tall: 'too much' }));
    expect([refused.code, refused.body.message]).toEqual([
      422,
      'Door.example.dev "high" is invalid: spec.tall: Forbidden: no door is',
    ]);
    expect((await client.request('POST', doors('v1'), door('v1', 'high', { height: 'too much' }))).code).toBe(201);
  });

  test('is patched and replaced in the version of the request, and counted only where something changes', async () => {
    await client.request('POST', doors('v1'), door('v1', 'patched', { height: '1m', colour: 'red' }));
    const merged = await client.request('PATCH', `${doors('v1beta1')}/patched`, { spec: { tall: '3m' } }, MERGE);
    expect(merged.body.spec).toEqual({ tall: '3m', colour: 'red' });
    const patch = [{ op: 'test', path: '/spec/tall', value: '3m' }];
    await client.request('PATCH', `${doors('v1beta1')}/patched`, patch, { contentType: 'application/json-patch+json' });
    const shown = await read('v1beta1', 'patched');
    const replaced = await client.request('PUT', `${doors('v1beta1')}/patched`, shown);
    expect(replaced.body.metadata).toMatchObject({ generation: 2, resourceVersion: shown.metadata.resourceVersion });
    expect((await read('v1', 'patched')).spec).toEqual({ height: '3m', colour: 'red' });
    const status = { ...shown, status: { open: true } };
    await client.request('PUT', `${doors('v1beta1')}/patched/status`, status);
    expect(await read('v1', 'patched')).toMatchObject({ spec: { height: '3m' }, status: { open: true } });
    const trial = await client.request(
      'PATCH',
      `${doors('v1beta1')}/patched?dryRun=All`,
      { spec: { tall: '9m' } },
      MERGE,
    );
    expect(trial.body).toMatchObject({ apiVersion: 'example.dev/v1beta1', spec: { tall: '9m' } });
  });

  test('has fields of managers in the version in which each of them wrote', async () => {
    await apply('v1beta1', 'managed', 'anna', { tall: '1m' });
    const conflict = await apply('v1', 'managed', 'bert', { height: '2m' });
    expect([conflict.code, conflict.body.message]).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "anna": .spec.tall',
    ]);
    const shared = await apply('v1', 'managed', 'bert', { height: '1m', colour: 'blue' });
    const owned = (shared.body.metadata.managedFields as Json[]).map(({ manager, apiVersion, fieldsV1 }) => [
      manager,
      apiVersion,
      fieldsV1['f:spec'],
    ]);
    expect(owned).toEqual(
      expect.arrayContaining([
        ['anna', 'example.dev/v1beta1', { 'f:tall': {} }],
        ['bert', 'example.dev/v1', { 'f:colour': {}, 'f:height': {} }],
      ]),
    );
    // What one of them gives up stays as long as the other has it, whatever the versions.
    const left = await apply('v1', 'managed', 'anna', { colour: 'blue' });
    expect(left.body.spec).toEqual({ height: '1m', colour: 'blue' });
    const gone = await apply('v1beta1', 'managed', 'bert', {});
    expect(gone.body.spec).toEqual({ colour: 'blue' });
  });

  test('is watched and selected in both versions', async () => {
    const watch = await client.watch(`${doors('v1beta1')}?watch=true&fieldSelector=spec.tall%3D7m`);
    await client.request('POST', doors('v1'), door('v1', 'low', { height: '6m' }));
    await client.request('POST', doors('v1'), door('v1', 'watched', { height: '7m' }));
    const { value } = await watch.next();
    expect(value).toMatchObject({ type: 'ADDED', object: { apiVersion: 'example.dev/v1beta1', spec: { tall: '7m' } } });
    watch.end();
    const { body } = await client.request('GET', `${doors('v1')}?fieldSelector=spec.height%3D7m`);
    expect(body.items).toHaveLength(1);
  });

  test('that can be converted no more fails who asks for the other version, and nobody else', async () => {
    const watch = await client.watch(`${doors('v1beta1')}?watch=true&fieldSelector=metadata.name%3Dbroken`);
    const annotations = { 'example.dev/broken': 'yes' };
    const { code } = await client.request('POST', doors('v1'), door('v1', 'broken', { height: '1m' }, { annotations }));
    expect(code).toBe(201);
    const problem = 'conversion of example.dev/v1, Kind=Door to example.dev/v1beta1 failed: the door is broken';
    expect((await watch.next()).value).toMatchObject({ type: 'ERROR', object: { code: 500 } });
    const shown = await client.request('GET', `${doors('v1beta1')}/broken`);
    expect([shown.code, shown.body.message]).toEqual([500, expect.stringContaining(problem)]);
    expect((await client.request('GET', doors('v1beta1'))).code).toBe(500);
    expect((await client.request('GET', doors('v1'))).code).toBe(200);
    expect((await client.request('DELETE', `${doors('v1')}/broken`)).code).toBe(200);
    expect((await client.request('GET', doors('v1beta1'))).code).toBe(200);
  });
});
