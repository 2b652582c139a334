import { deepEqual, equal, ok } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { area } from '../harness/types.ts';
import type { Session } from '../harness/types.ts';

/** The embedded server serves fewer resources: what it serves is as the real one describes it. */
const served = [
  'namespaces',
  'pods',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'events',
  'persistentvolumeclaims',
  'nodes',
  'services',
  'endpoints',
];

async function resources(s: Session, path: string, names: string[]): Promise<void> {
  const { body } = await s.unrecorded.get(path);
  const found = body.resources.filter((one: Json) => names.includes(one.name));
  equal(found.length, names.length);
  s.record(
    path,
    found.sort((a: Json, b: Json) => (a.name < b.name ? -1 : 1)),
  );
}

/** Without documentation. */
function undescribed(value: Json): Json {
  if (Array.isArray(value)) return value.map(undescribed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, one]) => !(key === 'description' && typeof one === 'string'));
  return Object.fromEntries(entries.map(([key, one]) => [key, undescribed(one)]));
}

async function schema(s: Session, group: string, name: string): Promise<Json> {
  const { status, body } = await s.unrecorded.get(`/openapi/v3/${group}`);
  equal(status, 200);
  return undescribed(body.components.schemas[name]);
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

export const discovery = area('discovery', {
  'the core version': async (s) => {
    const { body } = await s.unrecorded.get('/api');
    deepEqual(body.versions, ['v1']);
    s.record('/api', { kind: body.kind, versions: body.versions });
  },
  'a group': async (s) => {
    equal((await s.get('/apis/example.dev')).body.preferredVersion.version, 'v1');
    await s.get('/apis/coordination.k8s.io');
    await s.get('/apis/apiextensions.k8s.io');
    equal((await s.get('/apis/nowhere.dev')).status, 404);
  },
  'the groups': async (s) => {
    const { body } = await s.unrecorded.get('/apis');
    const groups = body.groups.filter((one: Json) => ['example.dev', 'coordination.k8s.io'].includes(one.name));
    s.record(
      '/apis',
      groups.sort((a: Json, b: Json) => (a.name < b.name ? -1 : 1)),
    );
    equal(groups.length, 2);
  },
  'resources of the core group': (s) => resources(s, '/api/v1', served),
  'subresources of the core group': (s) =>
    resources(s, '/api/v1', [
      'pods/status',
      'pods/log',
      'pods/binding',
      'namespaces/status',
      'namespaces/finalize',
      'serviceaccounts/token',
    ]),
  'resources of a custom group': async (s) => {
    await s.get('/apis/example.dev/v1');
    await s.get('/apis/example.dev/v1beta1');
    equal((await s.get('/apis/example.dev/v7')).status, 404);
  },
  'resources of other groups': async (s) => {
    await resources(s, '/apis/coordination.k8s.io/v1', ['leases']);
    await resources(s, '/apis/apiextensions.k8s.io/v1', [
      'customresourcedefinitions',
      'customresourcedefinitions/status',
    ]);
    await resources(s, '/apis/admissionregistration.k8s.io/v1', ['mutatingwebhookconfigurations']);
  },
  'aggregated: a custom group': async (s) => {
    const { status, body, headers } = await s.unrecorded.get('/apis', { accept: aggregated });
    equal(status, 200);
    ok(headers['content-type']?.includes('as=APIGroupDiscoveryList'));
    s.record('content-type', headers['content-type']);
    const { metadata: _metadata, ...group } = body.items.find((one: Json) => one.metadata.name === 'example.dev');
    s.record('example.dev', group);
  },
  'aggregated: Pods': async (s) => {
    const { body } = await s.unrecorded.get('/api', { accept: aggregated });
    const pods = body.items[0].versions[0].resources.find((one: Json) => one.resource === 'pods');
    const names = ['status', 'log', 'binding'];
    const subresources = pods.subresources.filter((one: Json) => names.includes(one.subresource));
    s.record('pods', {
      ...pods,
      subresources: subresources.sort((a: Json, b: Json) => (a.subresource < b.subresource ? -1 : 1)),
    });
    equal(pods.responseKind.kind, 'Pod');
  },
  'aggregated: what is served of the core group, and of others': async (s) => {
    const core = await s.unrecorded.get('/api', { accept: aggregated });
    const others = await s.unrecorded.get('/apis', { accept: aggregated });
    const subresources = ['status', 'scale', 'log', 'binding', 'token', 'finalize'];
    const group = (name: string): Json =>
      name === '' ? core.body.items[0] : others.body.items.find((one: Json) => one.metadata.name === name);
    for (const [name, resources] of [
      ['', served],
      ['apps', ['deployments', 'replicasets']],
      ['coordination.k8s.io', ['leases']],
      ['apiextensions.k8s.io', ['customresourcedefinitions']],
      ['authorization.k8s.io', ['selfsubjectaccessreviews']],
    ] as const) {
      const version = group(name).versions.find((one: Json) => one.version === 'v1');
      for (const resource of resources) {
        const found = version.resources.find((one: Json) => one.resource === resource);
        const parts = found.subresources?.filter((one: Json) => subresources.includes(one.subresource));
        s.record(`${name}/${resource}`, { ...found, subresources: parts?.length > 0 ? parts : undefined });
      }
    }
  },
  'aggregated: is not sent again to who has it': async (s) => {
    const { headers } = await s.unrecorded.get('/api', { accept: aggregated });
    s.record('headers', { vary: headers['vary'], caching: headers['cache-control'] });
    const headersAgain = { 'if-none-match': headers['etag'] ?? '' };
    equal((await s.get('/api', { accept: aggregated, headers: headersAgain })).status, 304);
  },
  'aggregated: of an older version, or without its group, there is none': async (s) => {
    for (const accept of [
      aggregated.replace('v=v2', 'v=v2beta1'),
      'application/json;as=APIGroupDiscoveryList',
      'application/json;as=Table;v=v1;g=meta.k8s.io',
    ])
      equal((await s.get('/apis', { accept })).status, 406, accept);
    const kubectl = `${aggregated.replace('v=v2', 'v=v2beta1')},application/json`;
    equal((await s.unrecorded.get('/apis', { accept: kubectl })).body.kind, 'APIGroupList');
  },
  'OpenAPI v3: the index': async (s) => {
    const { body } = await s.unrecorded.get('/openapi/v3');
    for (const path of ['api/v1', 'apis/example.dev/v1', 'apis/coordination.k8s.io/v1']) {
      const url = body.paths[path]?.serverRelativeURL;
      ok(url?.startsWith(`/openapi/v3/${path}`), path);
    }
  },
  'OpenAPI v3: the schema of a custom resource': async (s) => {
    s.record('Widget', await schema(s, 'apis/example.dev/v1', 'dev.example.v1.Widget'));
  },
  'OpenAPI v3: the schemas of ConfigMap, Lease and Container': async (s) => {
    for (const [group, name] of [
      ['api/v1', 'io.k8s.api.core.v1.ConfigMap'],
      ['api/v1', 'io.k8s.api.core.v1.Container'],
      ['apis/coordination.k8s.io/v1', 'io.k8s.api.coordination.v1.LeaseSpec'],
    ] as const) {
      const found = await schema(s, group, name);
      ok(found, name);
      s.record(name, found);
    }
  },
  'OpenAPI v3: the operations of a custom resource': async (s) => {
    const { body } = await s.unrecorded.get('/openapi/v3/apis/example.dev/v1');
    const path = '/apis/example.dev/v1/namespaces/{namespace}/widgets/{name}';
    const operations = Object.keys(body.paths[path])
      .filter((name) => name !== 'parameters')
      .sort();
    s.record(path, operations);
    ok(operations.includes('patch'));
  },
  'who am I': async (s) => {
    const { status, body } = await s.post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'SelfSubjectReview',
    });
    equal(status, 201);
    ok(body.status.userInfo.groups.includes('system:masters'));
  },
  'may I': async (s) => {
    const { status, body } = await s.unrecorded.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods', namespace: s.namespace } },
    });
    equal(status, 201);
    s.record('allowed', body.status.allowed);
    equal(body.status.allowed, true);
  },
  'health, and what is ready': async (s) => {
    for (const path of ['/healthz', '/livez', '/readyz', '/healthz/ping']) equal((await s.get(path)).body, 'ok', path);
  },
});
