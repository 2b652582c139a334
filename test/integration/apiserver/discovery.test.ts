import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { start } from './support/client.ts';
import type { Client, Running } from './support/client.ts';
import { widgetCrd } from './support/objects.ts';

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
/** As kubectl asks. */
const accept = [
  `${aggregated};profile=nopeer`,
  aggregated,
  aggregated.replace('v=v2', 'v=v2beta1'),
  'application/json',
].join(',');

let running: Running;
let client: Client;
beforeAll(async () => {
  running = await start({ crds: [widgetCrd] });
  client = running.client;
});
afterAll(() => running.stop());

interface Group {
  metadata: { name?: string };
  versions: { version: string; freshness: string; resources: Record<string, unknown>[] }[];
}

const groupsAt = async (path: string): Promise<Group[]> => {
  const { code, body, headers } = await client.request('GET', path, undefined, { headers: { accept } });
  expect(code).toBe(200);
  expect(headers['content-type']).toBe(aggregated);
  expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
  return body.items as Group[];
};

test('all resources come in one document, with their subresources', async () => {
  const [core, ...others] = await groupsAt('/api');
  expect(others).toEqual([]);
  expect(core?.versions[0]?.resources.find(({ resource }) => resource === 'pods')).toMatchObject({
    scope: 'Namespaced',
    shortNames: ['po'],
    subresources: [{ subresource: 'binding' }, { subresource: 'log' }, { subresource: 'status' }],
  });
  const groups = await groupsAt('/apis');
  expect(groups.map(({ metadata }) => metadata.name)).toEqual(
    expect.arrayContaining(['apps', 'apiextensions.k8s.io', 'example.dev']),
  );
  const custom = groups.find(({ metadata }) => metadata.name === 'example.dev');
  expect(custom?.versions.map(({ version, freshness }) => [version, freshness])).toEqual([
    ['v1', 'Current'],
    ['v1beta1', 'Current'],
  ]);
});

test('the document is not sent again to who has it, until there is something new', async () => {
  const first = await client.request('GET', '/apis', undefined, { headers: { accept } });
  const etag = first.headers['etag'] ?? '';
  const again = { accept, 'if-none-match': etag };
  expect((await client.request('GET', '/apis', undefined, { headers: again })).code).toBe(304);
  const crd = structuredClone(widgetCrd);
  crd.metadata.name = 'gadgets.example.dev';
  Object.assign(crd.spec.names, { plural: 'gadgets', kind: 'Gadget', shortNames: [] });
  const created = await client.request('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
  expect(created.code).toBe(201);
  expect((await client.request('GET', '/apis', undefined, { headers: again })).code).toBe(200);
});

test('other clients get the groups alone', async () => {
  const { body } = await client.request('GET', '/apis');
  expect(body.kind).toBe('APIGroupList');
});
