import { describe, expect, test } from '@jest/globals';
import type { ResourceType } from '../../../../../local/apiserver/catalog/resource-type.ts';
import { applyFields, trackFields } from '../../../../../local/apiserver/fields/managed-fields.ts';
import type { AppliedObject, Writer } from '../../../../../local/apiserver/fields/managed-fields.ts';
import type { KubeObject } from '../../../../../local/apiserver/object.ts';
import { objectMetaSchema } from '../../../../../local/apiserver/schema/models.ts';

const list = (marks: object): object => ({ type: 'array', items: { type: 'string' }, ...marks });
const type = {
  group: 'example.com',
  version: 'v1',
  kind: 'Gadget',
  builtIn: false,
  statusSubresource: true,
  schema: {
    type: 'object',
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: objectMetaSchema(),
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer' },
          tags: list({ 'x-kubernetes-list-type': 'set' }),
          whole: list({}),
          parts: {
            type: 'array',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: { type: 'object', properties: { name: { type: 'string' }, count: { type: 'integer' } } },
          },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  },
} as unknown as ResourceType;
const written = { type, versions: [type] };

const time = new Date('2026-01-02T03:04:05Z');
const by = (manager: string, force = false): Writer & { force: boolean } => ({
  manager,
  subresource: undefined,
  time,
  force,
});
const gadget = (spec: object): KubeObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Gadget',
  metadata: { name: 'g' },
  spec,
});

/** Applies one after the other, as the server would store it. */
function applied(...steps: [string, object][]): AppliedObject & { stored: KubeObject } {
  let live: KubeObject | undefined;
  let last: AppliedObject = { object: gadget({}), managedFields: [] };
  for (const [manager, spec] of steps) {
    last = applyFields(written, live, gadget(spec), by(manager));
    live = { ...last.object, metadata: { ...last.object.metadata, managedFields: last.managedFields } };
  }
  return { ...last, stored: live ?? gadget({}) };
}

describe('server-side apply', () => {
  test('joins what managers apply, and takes back what one no longer applies', () => {
    const steps: [string, object][] = [
      ['a', { size: 1, tags: ['x', 'y'], parts: [{ name: 'p', count: 1 }, { name: 'q' }] }],
      ['b', { tags: ['z', 'x'], parts: [{ name: 'r' }, { name: 'p' }], free: { any: { thing: 1 } } }],
    ];
    expect(applied(...steps).object['spec']).toEqual({
      size: 1,
      tags: ['z', 'x', 'y'],
      parts: [{ name: 'r' }, { name: 'p', count: 1 }, { name: 'q' }],
      free: { any: { thing: 1 } },
    });
    expect(applied(...steps, ['a', {}]).object['spec']).toEqual({
      tags: ['z', 'x'],
      parts: [{ name: 'r' }, { name: 'p' }],
      free: { any: { thing: 1 } },
    });
  });

  test('records each manager with its fields', () => {
    const { managedFields } = applied(['a', { size: 1, tags: ['x'], parts: [{ name: 'p' }], whole: ['1'] }]);
    expect(managedFields).toEqual([
      {
        manager: 'a',
        operation: 'Apply',
        apiVersion: 'example.com/v1',
        time: '2026-01-02T03:04:05Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:size': {},
            'f:tags': { 'v:"x"': {} },
            'f:parts': { 'k:{"name":"p"}': { '.': {}, 'f:name': {} } },
            'f:whole': {},
          },
        },
      },
    ]);
  });

  test('refuses to change fields of others, and takes them by force', () => {
    const { stored } = applied(['a', { size: 1, whole: ['1'] }], ['c', { size: 1 }]);
    const wanted = gadget({ size: 2, whole: ['2'] });
    const refused = (): unknown => applyFields(written, stored, wanted, by('b'));
    expect(refused).toThrow(
      'Apply failed with 3 conflicts: conflicts with "a":\n- .spec.size\n- .spec.whole\nconflicts with "c":\n- .spec.size',
    );
    const { object, managedFields } = applyFields(written, stored, wanted, by('b', true));
    expect(object['spec']).toEqual({ size: 2, whole: ['2'] });
    expect(managedFields.map(({ manager }) => manager)).toEqual(['b']);
  });

  test('an update takes the fields that it changes from whoever applied them', () => {
    const { stored } = applied(['a', { size: 1, tags: ['x'] }]);
    const entries = trackFields(written, stored, { ...stored, spec: { size: 5, tags: ['x'] } }, by('editor'));
    expect(entries.map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }))).toEqual([
      { manager: 'a', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:tags': { 'v:"x"': {} } } } },
      { manager: 'editor', operation: 'Update', fieldsV1: { 'f:spec': { 'f:size': {} } } },
    ]);
  });

  test('kubectl goes on with what client-side apply set, as long as nobody changed it', () => {
    const annotations = {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(gadget({ size: 1, whole: ['1'] })),
    };
    const made = gadget({ size: 1, whole: ['1'] });
    made.metadata.annotations = annotations;
    const managedFields = trackFields(written, undefined, made, by('kubectl-client-side-apply'));
    const stored = { ...made, metadata: { ...made.metadata, managedFields } };
    const wanted = gadget({ size: 2, whole: ['1'] });
    expect(() => applyFields(written, stored, wanted, by('other'))).toThrow('1 conflict');
    const { object } = applyFields(written, stored, wanted, by('kubectl'));
    expect(object['spec']).toEqual({ size: 2, whole: ['1'] });
    expect(JSON.parse(object.metadata.annotations?.['kubectl.kubernetes.io/last-applied-configuration'] ?? '')).toEqual(
      wanted,
    );
    const changed = { ...stored, spec: { size: 7, whole: ['1'] } };
    expect(() => applyFields(written, changed, wanted, by('kubectl'))).toThrow('1 conflict');
  });

  test('tells what does not fit the type', () => {
    const problem =
      (spec: object): unknown =>
      () =>
        applyFields(written, undefined, gadget(spec), by('a'));
    const prefix = 'failed to create typed patch object (/g; example.com/v1, Kind=Gadget): ';
    expect(problem({ sise: 1 })).toThrow(`${prefix}.spec.sise: field not declared in schema`);
    expect(problem({ tags: ['x', 'x'] })).toThrow(`${prefix}.spec.tags: duplicate entries for key [="x"]`);
    expect(problem({ parts: [{ count: 1 }] })).toThrow(
      `${prefix}.spec.parts: element 0: associative list with keys has an element that omits all key fields ["name"]`,
    );
    expect(problem({ size: 'x' })).toThrow(`${prefix}.spec.size: expected numeric (int or float), got string`);
  });
});
