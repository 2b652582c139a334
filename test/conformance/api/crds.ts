import { deepEqual, equal, ok } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { CRDS, definition, established, install, open, thing, withSchema } from '../harness/definitions.ts';
import { area } from '../harness/types.ts';

export const crds = area('definitions', {
  'is created with defaults and becomes Established': async (s) => {
    const crd = definition(s);
    equal((await s.post(CRDS, crd)).body.spec.names.singular, 'thing');
    const { body } = await s.eventually(`${CRDS}/${crd.metadata.name}`, established);
    deepEqual(body.status.acceptedNames.plural, 'things');
    deepEqual(body.status.storedVersions, ['v1']);
  },
  'its resource is served until it is deleted': async (s) => {
    const crd = definition(s);
    const things = await install(s, crd);
    equal((await s.post(things, thing(s, 'a', { anything: { goes: [1] } }))).status, 201);
    await s.unrecorded.delete(`${CRDS}/${crd.metadata.name}`);
    await s.eventually(`${CRDS}/${crd.metadata.name}`, ({ status }) => status === 404);
    await s.eventually(things, ({ status }) => status === 404);
  },
  'what is wrong with it is told': async (s) => {
    const wrong = [
      { ...definition(s), metadata: { name: 'other.name' } },
      definition(s, { scope: 'Galactic' }),
      definition(s, {}, { schema: undefined }),
      definition(s, {}, { name: 'V1' }),
      definition(s, { names: { plural: 'things' } }),
      definition(s, { names: { plural: 'Things', kind: 'Thing' } }),
      definition(s, {}, { schema: { openAPIV3Schema: { type: 'object', properties: { spec: {} } } } }),
      definition(s, {}, withSchema({ spec: { type: 'strange' } })),
      definition(s, {}, withSchema({ spec: { type: 'integer', default: 'text' } })),
    ];
    for (const body of wrong) equal((await s.post(CRDS, body)).status, 422, JSON.stringify(body.spec));
  },
  'a definition that keeps unknown fields everywhere the old way is refused': async (s) => {
    equal((await s.post(CRDS, definition(s, { preserveUnknownFields: true }))).status, 422);
  },
  'defaults in objects, arrays and maps': async (s) => {
    const version = withSchema({
      spec: {
        type: 'object',
        default: {},
        properties: {
          mode: { type: 'string', default: 'auto' },
          list: { type: 'array', items: { type: 'object', properties: { n: { type: 'integer', default: 3 } } } },
          map: {
            type: 'object',
            additionalProperties: { type: 'object', properties: { b: { type: 'boolean', default: true } } },
          },
        },
      },
    });
    const things = await install(s, definition(s, {}, version));
    const empty = await s.post(things, thing(s, 'empty'));
    deepEqual(empty.body.spec, { mode: 'auto' });
    await s.post(things, thing(s, 'full', { spec: { list: [{}, { n: 1 }], map: { x: {}, y: { b: false } } } }));
    await s.post(things, thing(s, 'nulls', { spec: { mode: null } }));
  },
  'defaults appear in what was stored before them': async (s) => {
    const crd = definition(s, {}, withSchema({ spec: { type: 'object', properties: { a: { type: 'string' } } } }));
    const things = await install(s, crd);
    await s.post(things, thing(s, 'old', { spec: {} }));
    const patch = [
      { op: 'add', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/a/default', value: 'x' },
    ];
    await s.unrecorded.patch(`${CRDS}/${crd.metadata.name}`, 'json', patch);
    const { body } = await s.eventually(`${things}/old`, (answer) => answer.body.spec?.a !== undefined);
    equal(body.spec.a, 'x');
  },
  'unknown fields are pruned, except where they are kept': async (s) => {
    const version = withSchema({
      spec: { type: 'object', properties: { known: { type: 'string' } } },
      open: { ...open, properties: { inner: { type: 'object', properties: { k: { type: 'string' } } } } },
      embedded: {
        type: 'object',
        'x-kubernetes-embedded-resource': true,
        'x-kubernetes-preserve-unknown-fields': true,
      },
    });
    const things = await install(s, definition(s, {}, version));
    const body = {
      spec: { known: 'x', unknown: 1 },
      open: { any: 1, inner: { k: 'x', gone: 1 } },
      embedded: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', odd: 1 }, data: {} },
      top: 1,
    };
    await s.post(things, thing(s, 'a', body));
    equal((await s.post(`${things}?fieldValidation=Strict`, thing(s, 'b', body))).status, 400);
  },
  'lists that are sets or maps have no duplicates': async (s) => {
    const version = withSchema({
      set: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
      map: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: { type: 'object', required: ['k'], properties: { k: { type: 'string' } } },
      },
    });
    const things = await install(s, definition(s, {}, version));
    equal((await s.post(things, thing(s, 'a', { set: ['x', 'x'] }))).status, 422);
    equal((await s.post(things, thing(s, 'a', { map: [{ k: 'x' }, { k: 'x' }] }))).status, 422);
    equal((await s.post(things, thing(s, 'a', { set: ['x', 'y'], map: [{ k: 'x' }] }))).status, 201);
  },
  'oneOf, anyOf, allOf and not': async (s) => {
    const version = withSchema({
      spec: {
        type: 'object',
        properties: { a: { type: 'string' }, b: { type: 'string' }, n: { type: 'integer' } },
        oneOf: [{ required: ['a'] }, { required: ['b'] }],
        not: { required: ['a', 'n'] },
      },
    });
    const things = await install(s, definition(s, {}, version));
    equal((await s.post(things, thing(s, 'a', { spec: {} }))).status, 422);
    equal((await s.post(things, thing(s, 'a', { spec: { a: 'x', b: 'y' } }))).status, 422);
    equal((await s.post(things, thing(s, 'a', { spec: { a: 'x', n: 1 } }))).status, 422);
    equal((await s.post(things, thing(s, 'a', { spec: { a: 'x' } }))).status, 201);
  },
  'without a status subresource the status is a field like any other': async (s) => {
    const version = withSchema({ status: open, spec: open });
    const things = await install(s, definition(s, {}, version));
    const { body } = await s.post(things, thing(s, 'a', { status: { x: 1 } }));
    deepEqual(body.status, { x: 1 });
    const patched = await s.patch(`${things}/a`, 'merge', { status: { x: 2 } });
    equal(patched.body.metadata.generation, 2);
    equal((await s.patch(`${things}/a/status`, 'merge', { status: {} })).status, 404);
  },
  'cluster-scoped': async (s) => {
    const crd = definition(s, { scope: 'Cluster' });
    await s.unrecorded.post(CRDS, crd);
    const things = `/apis/${crd.spec.group}/v1/things`;
    await s.eventually(things, (answer) => answer.status === 200);
    equal((await s.post(things, thing(s, 'a'))).status, 201);
    equal((await s.get(`/apis/${crd.spec.group}/v1/namespaces/${s.namespace}/things`)).status, 404);
    await s.post(things, thing(s, 'b', {}, { namespace: 'default' }));
    await s.get(`${things}/a`);
    await s.delete(`${things}/a`);
  },
  'a version that is not served is 404': async (s) => {
    const crd = definition(s);
    crd.spec.versions.push({ ...crd.spec.versions[0], name: 'v2', served: false, storage: false });
    await install(s, crd);
    equal((await s.get(`/apis/${crd.spec.group}/v2/namespaces/${s.namespace}/things`)).status, 404);
  },
  'deprecated versions warn': async (s) => {
    const things = await install(s, definition(s, {}, { deprecated: true, deprecationWarning: 'use something else' }));
    ok((await s.get(things)).headers['warning']);
    await s.post(things, thing(s, 'a'));
  },
  'rules in CEL': async (s) => {
    const rule = { rule: 'self.min <= self.max', message: 'min must not be above max' };
    const properties = { min: { type: 'integer' }, max: { type: 'integer' } };
    const version = withSchema({ spec: { type: 'object', properties, 'x-kubernetes-validations': [rule] } });
    const things = await install(s, definition(s, {}, version));
    equal((await s.post(things, thing(s, 'a', { spec: { min: 1, max: 2 } }))).status, 201);
    const { status, body } = await s.post(things, thing(s, 'b', { spec: { min: 3, max: 2 } }));
    equal(status, 422);
    ok(body.message.includes('min must not be above max'));
  },
  'a second definition of the name is 409': async (s) => {
    const crd = definition(s);
    await s.unrecorded.post(CRDS, crd);
    equal((await s.post(CRDS, crd)).status, 409);
  },
  'is updated with the version that was read': async (s) => {
    const crd = definition(s);
    await install(s, crd);
    equal((await s.put(`${CRDS}/${crd.metadata.name}`, crd)).status, 422);
    const scope = [{ op: 'replace', path: '/spec/scope', value: 'Cluster' }];
    equal((await s.patch(`${CRDS}/${crd.metadata.name}`, 'json', scope)).status, 422);
  },
  'kinds that are named like built-in ones have nothing of them': async (s) => {
    for (const kind of ['Event', 'Namespace', 'CustomResourceDefinition']) {
      const source = { type: 'string' };
      const version = { ...withSchema({ source }), selectableFields: [{ jsonPath: '.source' }] };
      const plural = `${kind.toLowerCase()}s`;
      const crd = definition(s, { names: { plural, kind } }, version);
      crd.metadata.name = `${plural}.${crd.spec.group}`;
      await install(s, crd);
      const things = `/apis/${crd.spec.group}/v1/namespaces/${s.namespace}/${plural}`;
      const finalizers = ['example.dev/hold'];
      const made = (name: string): Json => ({ ...thing(s, name, { source: name }, { finalizers }), kind });
      for (const name of ['a', 'b']) equal((await s.post(things, made(name))).status, 201);
      equal((await s.get(`${things}?fieldSelector=source=a`)).body.items.length, 1);
      const { body } = await s.delete(`${things}/a?propagationPolicy=Foreground`);
      deepEqual(body.metadata.finalizers, ['example.dev/hold', 'foregroundDeletion']);
      equal((await s.delete(`${things}/b?propagationPolicy=Orphan`)).body.metadata.deletionGracePeriodSeconds, 0);
      for (const name of ['a', 'b'])
        await s.unrecorded.patch(`${things}/${name}`, 'merge', { metadata: { finalizers: null } });
    }
  },
});
