import { equal } from 'node:assert/strict';

import type { Json } from '../harness/client.ts';
import { CRDS, definition, install, open, withSchema } from '../harness/definitions.ts';
import { area } from '../harness/types.ts';
import type { Session } from '../harness/types.ts';

const text = { type: 'string' };
const integer = { type: 'integer' };

async function refuseAll(s: Session, versions: Json[]): Promise<void> {
  for (const version of versions)
    equal((await s.post(CRDS, definition(s, {}, version))).status, 422, JSON.stringify(version));
}

const listMap = (items: Json, keys?: string[]): Json => ({
  type: 'array',
  items,
  'x-kubernetes-list-type': 'map',
  ...(keys === undefined ? {} : { 'x-kubernetes-list-map-keys': keys }),
});

export const schemas = area('schemas', {
  'are structural': (s) =>
    refuseAll(s, [
      withSchema({ a: { type: 'array' } }),
      withSchema({ a: { type: 'array', items: {} } }),
      withSchema({ a: { type: 'object', additionalProperties: text, properties: { x: text } } }),
      withSchema({ x: text }, { oneOf: [{ properties: { y: { minLength: 1 } } }] }),
      withSchema({ a: { type: 'object', properties: { x: text }, oneOf: [{ type: 'object', required: ['x'] }] } }),
      withSchema({ a: { ...text, nullable: true, allOf: [{ nullable: true }] } }),
      { schema: { openAPIV3Schema: { type: 'string' } } },
      { schema: { openAPIV3Schema: {} } },
      { schema: { openAPIV3Schema: { type: 'object', additionalProperties: text } } },
      { schema: { openAPIV3Schema: { type: 'object', nullable: true, properties: { a: text } } } },
    ]),
  'leave metadata to Kubernetes': (s) =>
    refuseAll(s, [
      withSchema({ metadata: { type: 'object', properties: { labels: open } } }),
      withSchema({ metadata: { type: 'object', properties: { name: { ...text, default: 'x' } } } }),
      withSchema({ apiVersion: integer }),
      withSchema({ a: { type: 'object', 'x-kubernetes-embedded-resource': true } }),
    ]),
  'have no keys that Kubernetes does not know': (s) =>
    refuseAll(s, [
      withSchema({ a: { type: 'object', uniqueItems: true } }),
      withSchema({ a: { ...text, $ref: '#/x' } }),
      withSchema({ a: { type: 'null' } }),
      withSchema({ a: { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true } }),
    ]),
  'say rightly what lists and maps are': (s) =>
    refuseAll(s, [
      withSchema({ a: { type: 'array', items: text, 'x-kubernetes-list-type': 'strange' } }),
      withSchema({ a: { ...text, 'x-kubernetes-list-type': 'set' } }),
      withSchema({ a: listMap({ type: 'object', properties: { k: text } }) }),
      withSchema({ a: listMap({ type: 'object', properties: { k: text } }, ['k']) }),
      withSchema({ a: listMap({ type: 'object', properties: { k: text }, required: ['k'] }, ['k', 'z', 'k']) }),
      withSchema({
        a: { type: 'array', items: { type: 'object', properties: { k: text } }, 'x-kubernetes-list-type': 'set' },
      }),
      withSchema({ a: { type: 'object', 'x-kubernetes-map-type': 'x' } }),
    ]),
  'have defaults that fit': async (s) => {
    await refuseAll(s, [
      withSchema({ a: { type: 'object', properties: { x: text }, default: { y: 1 } } }),
      withSchema({ a: { type: 'object', properties: { x: { ...integer, minimum: 3, default: 1 } } } }),
    ]);
    await s.post(CRDS, definition(s, {}, withSchema({ a: { ...text, default: null } })));
  },
  'go with columns, selectable fields and subresources': async (s) => {
    const columns = [
      { name: '', type: 'x', jsonPath: 'a', format: 'q' },
      { name: 'b', type: 'string', jsonPath: '' },
    ];
    const paths = ['.a', '.a', '.z', '.o', '', '.metadata.name'];
    await refuseAll(s, [
      { additionalPrinterColumns: columns },
      { subresources: { scale: { specReplicasPath: '.x', statusReplicasPath: 'status' } } },
      { ...withSchema({ a: text, o: open }), selectableFields: paths.map((jsonPath) => ({ jsonPath })) },
      { deprecationWarning: 'x' },
    ]);
  },
  'are reported by their version where versions differ': async (s) => {
    const crd = definition(s);
    const wrong = { ...crd.spec.versions[0], name: 'v2', storage: false, ...withSchema({ a: {} }) };
    crd.spec.versions.push(wrong);
    equal((await s.post(CRDS, crd)).status, 422);
  },
  'belong to names of the right form': async (s) => {
    const names = { plural: 'things', kind: 'Th ing', shortNames: ['X'], categories: ['a', 'B'], listKind: 'Th ing' };
    equal((await s.post(CRDS, definition(s, { group: 'x', names }))).status, 422);
  },
  'change, but names and stored versions do not': async (s) => {
    const crd = definition(s);
    await install(s, crd);
    const patch = (...operations: Json[]): Promise<Json> => s.patch(`${CRDS}/${crd.metadata.name}`, 'json', operations);
    const replace = (path: string, value: unknown): Json => ({ op: 'replace', path, value });
    equal((await patch(replace('/spec/names/kind', 'Other'))).status, 422);
    equal((await patch(replace('/spec/names/plural', 'others'))).status, 422);
    equal((await patch(replace('/spec/group', 'a.b'))).status, 422);
    equal((await patch(replace('/spec/versions/0/name', 'v9'))).status, 422);
    const second = { name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: open } };
    equal((await patch({ op: 'add', path: '/spec/versions/-', value: second })).status, 200);
    const moved = await patch(replace('/spec/versions/0/storage', false), replace('/spec/versions/1/storage', true));
    equal(moved.status, 200);
    equal((await patch(replace('/spec/preserveUnknownFields', true))).status, 422);
  },
});
