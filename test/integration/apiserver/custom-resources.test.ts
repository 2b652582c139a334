import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { start, waitFor } from './support/client.ts';
import type { Client, Running } from './support/client.ts';
import { MERGE, widget, widgetCrd, WIDGETS } from './support/objects.ts';

let running: Running;
let client: Client;
beforeAll(async () => {
  running = await start({ crds: [widgetCrd] });
  client = running.client;
});
afterAll(() => running.stop());

describe('a custom resource', () => {
  test('is discovered with its short names and categories', async () => {
    const { body } = await client.request('GET', '/apis/example.dev/v1');
    expect(body.resources[0]).toMatchObject({
      name: 'widgets',
      kind: 'Widget',
      namespaced: true,
      shortNames: ['wd'],
      categories: ['example'],
    });
    expect(body.resources[1]).toMatchObject({ name: 'widgets/status', verbs: ['get', 'patch', 'update'] });
    const crd = await client.request(
      'GET',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.dev',
    );
    expect(crd.body.status.conditions).toContainEqual(expect.objectContaining({ type: 'Established', status: 'True' }));
  });

  test('gets defaults, loses unknown fields, keeps what is free-form', async () => {
    const { body, headers } = await client.request(
      'POST',
      WIDGETS,
      widget('shaped', {}, { other: 1, free: { any: { thing: [1] } } }),
    );
    expect(body.spec).toEqual({ steps: [{ name: 'one' }], timeout: '1h0m0s', free: { any: { thing: [1] } } });
    expect(body.metadata.generation).toBe(1);
    expect(headers['warning']).toBe('299 - "unknown field \\"spec.other\\""');
  });

  test('is refused with every problem at its path', async () => {
    const strict = await client.request('POST', `${WIDGETS}?fieldValidation=Strict`, widget('odd', {}, { stepz: [] }));
    expect(strict.body.message).toBe(
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.stepz"',
    );
    const { code, body } = await client.request(
      'POST',
      WIDGETS,
      widget('bad', {}, { steps: [{}], mode: 'c', count: 9, timeout: 5 }),
    );
    expect(code).toBe(422);
    const causes = body.details.causes as { field: string; message: string }[];
    expect(causes.map((cause) => `${cause.field}: ${cause.message}`).sort()).toEqual([
      'spec.count: Invalid value: 9: spec.count in body should be less than or equal to 5',
      'spec.mode: Unsupported value: "c": supported values: "a", "b"',
      'spec.steps[0].name: Required value',
      'spec.timeout: Invalid value: "integer": spec.timeout in body must be of type string: "integer"',
    ]);
  });

  test('spec and status are written through their own endpoints; only spec counts as a generation', async () => {
    await client.request('POST', WIDGETS, { ...widget('two-sided'), status: { phase: 'early' } });
    const both = { spec: { count: 2 }, status: { phase: 'done' }, metadata: { labels: { l: '1' } } };
    const status = await client.request('PATCH', `${WIDGETS}/two-sided/status`, both, MERGE);
    expect(status.body).toMatchObject({ status: { phase: 'done' }, metadata: { generation: 1 } });
    expect(status.body.spec.count).toBeUndefined();
    expect(status.body.metadata.labels).toBeUndefined();
    const spec = await client.request('PATCH', `${WIDGETS}/two-sided`, { ...both, status: { phase: 'late' } }, MERGE);
    expect(spec.body).toMatchObject({
      spec: { count: 2 },
      status: { phase: 'done' },
      metadata: { generation: 2, labels: { l: '1' } },
    });
  });

  test('is replaced only by who says which version was read', async () => {
    await client.request('POST', WIDGETS, widget('guarded'));
    const { code, body } = await client.request('PUT', `${WIDGETS}/guarded`, widget('guarded'));
    expect(code).toBe(422);
    expect(body.message).toBe(
      'widgets.example.dev "guarded" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  test('shows in every served version', async () => {
    await client.request('POST', WIDGETS, widget('both'));
    const { body } = await client.request('GET', '/apis/example.dev/v1beta1/namespaces/default/widgets/both');
    expect(body).toMatchObject({ apiVersion: 'example.dev/v1beta1', metadata: { name: 'both' } });
  });

  test('prints the columns of its definition', async () => {
    await client.request('POST', WIDGETS, widget('printed'));
    await client.request(
      'PATCH',
      `${WIDGETS}/printed/status`,
      { status: { conditions: [{ type: 'Succeeded', status: 'True' }] } },
      MERGE,
    );
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { body } = await client.request('GET', `${WIDGETS}/printed`, undefined, { headers: { accept } });
    expect(body.columnDefinitions.map((column: { name: string }) => column.name)).toEqual([
      'Name',
      'Succeeded',
      'Started',
    ]);
    expect(body.rows[0].cells).toEqual(['printed', 'True', null]);
    expect(body.rows[0].object.kind).toBe('PartialObjectMetadata');
  });

  test('goes with its definition', async () => {
    const other = await start();
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
    expect((await other.client.request('POST', crds, widgetCrd)).code).toBe(201);
    expect((await other.client.request('POST', WIDGETS, widget('left'))).code).toBe(201);
    const events = await other.client.watch(`${crds}?watch=true`);
    await other.client.request('DELETE', `${crds}/widgets.example.dev`);
    await waitFor(events, (event) => event.type === 'DELETED');
    expect((await other.client.request('GET', WIDGETS)).code).toBe(404);
    events.end();
    await other.stop();
  });
});

describe('managedFields', () => {
  test('say who submitted what, and who changed it later', async () => {
    const created = await client.request(
      'POST',
      `${WIDGETS}?fieldManager=kubectl-create`,
      widget('owned', { annotations: { 'a/b': '1' } }),
    );
    expect(created.body.metadata.managedFields).toEqual([
      {
        manager: 'kubectl-create',
        operation: 'Update',
        apiVersion: 'example.dev/v1',
        time: created.body.metadata.creationTimestamp,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:metadata': { 'f:annotations': { '.': {}, 'f:a/b': {} } },
          'f:spec': { '.': {}, 'f:steps': {}, 'f:timeout': {} },
        },
      },
    ]);
    await client.request('PATCH', `${WIDGETS}/owned`, { metadata: { annotations: { 'c/d': '2' } } }, MERGE);
    const { body } = await client.request(
      'PATCH',
      `${WIDGETS}/owned/status?fieldManager=controller`,
      { status: { x: 1 } },
      MERGE,
    );
    const fields = body.metadata.managedFields as { manager: string; subresource?: string; fieldsV1: object }[];
    const of = (manager: string): object | undefined => fields.find((entry) => entry.manager === manager);
    expect(of('test')).toMatchObject({ fieldsV1: { 'f:metadata': { 'f:annotations': { 'f:c/d': {} } } } });
    expect(of('controller')).toMatchObject({ subresource: 'status', fieldsV1: { 'f:status': { '.': {}, 'f:x': {} } } });
  });
});
