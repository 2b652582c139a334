import { describe, expect, test } from '@jest/globals';
import { applyDefaults, dropNulls } from '../../../../../local/apiserver/schema/defaults.ts';
import { checkListTypes } from '../../../../../local/apiserver/schema/list-types.ts';
import type { Schema } from '../../../../../local/apiserver/schema/schema.ts';
import { validate } from '../../../../../local/apiserver/schema/validate.ts';

function messages(...args: Parameters<typeof validate>): string[] {
  return validate(...args).map((error) => `${error.field}: ${error.message}`);
}

describe('validation', () => {
  test.each([
    [{ type: 'string', pattern: '^[a-z]+$' }, 'A', `f: Invalid value: "A": f in body should match '^[a-z]+$'`],
    [{ type: 'string', maxLength: 3 }, 'long', 'f: Too long: may not be more than 3 bytes'],
    [{ type: 'string', minLength: 1 }, '', 'f: Invalid value: "": f in body should be at least 1 chars long'],
    [{ type: 'string', format: 'date-time' }, 'x', 'f: Invalid value: "x": f in body must be of type date-time: "x"'],
    [{ type: 'integer', minimum: 1 }, 0, 'f: Invalid value: 0: f in body should be greater than or equal to 1'],
    [{ type: 'number', maximum: 1, exclusiveMaximum: true }, 1, 'f: Invalid value: 1: f in body should be less than 1'],
    [{ type: 'array', maxItems: 1 }, [1, 2], 'f: Too many: 2: must have at most 1 items'],
    [{ type: 'array', minItems: 1 }, [], 'f: Invalid value: 0: f in body should have at least 1 items'],
    [{ type: 'object', required: ['a'] }, {}, 'f.a: Required value'],
    [
      { type: 'object', additionalProperties: { type: 'string' } },
      { k: 1 },
      'f.k: Invalid value: "integer": f.k in body must be of type string: "integer"',
    ],
    [
      { 'x-kubernetes-int-or-string': true },
      1.5,
      'f: Invalid value: "number": f in body must be of type integer,string: "number"',
    ],
    [{ enum: ['a', 'b'] }, 'c', 'f: Unsupported value: "c": supported values: "a", "b"'],
  ])('%j', (schema, value, message) => {
    expect(messages(schema, value, 'f')).toEqual([message]);
  });

  test('a null where null is allowed is fine, elsewhere it is dropped before', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'string', nullable: true }, b: { type: 'string', default: 'x' } },
    };
    const value: Record<string, unknown> = { a: null, b: null };
    dropNulls(schema, value);
    applyDefaults(schema, value);
    expect(value).toEqual({ a: null, b: 'x' });
    expect(validate(schema, value, '')).toEqual([]);
  });

  test('patterns are RE2: none takes exponential time, and Go’s syntax is understood', () => {
    const nested: Schema = { type: 'string', pattern: '^(a+)+$' };
    expect(messages(nested, `${'a'.repeat(100_000)}!`, 'f')).toHaveLength(1);
    expect(messages(nested, 'a'.repeat(100_000), 'f')).toEqual([]);
    expect(messages({ type: 'string', pattern: '^(?i)ABC[[:digit:]]\\z' }, 'abc1', 'f')).toEqual([]);
  });

  test('an item of a list with keys may stay as wrong as the same item was', () => {
    const items: Schema = { type: 'object', properties: { v: { type: 'integer', minimum: 1 } } };
    const keys = ['k', 'l'];
    const schema: Schema = {
      type: 'array',
      items,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': keys,
    };
    const old = [
      { k: 'a', l: 1, v: 0 },
      { k: 'a', v: -1 },
      { k: 'a', v: -2 },
    ];
    expect(
      messages(
        schema,
        [
          { k: 'a', v: -1 },
          { k: 'b', v: 0 },
          { k: 'a', l: 1, v: 0 },
        ],
        'f',
        old,
      ),
    ).toEqual(['f[1].v: Invalid value: 0: f[1].v in body should be greater than or equal to 1']);
    expect(messages(schema, [{ k: 'a', v: -2 }], 'f', old)).toHaveLength(1);
  });
});

describe('combinations', () => {
  const problems = (schema: Schema, value: unknown): string[] =>
    validate(schema, { spec: value }, '').map(({ field, message }) => `${field}: ${message}`);
  const within = (spec: Schema): Schema => ({ type: 'object', properties: { spec: { type: 'object', ...spec } } });

  test('one of several, with what the best of them lacks', () => {
    const schema = within({ oneOf: [{ required: ['a'] }, { required: ['b'] }] });
    expect(problems(schema, { a: 1 })).toEqual([]);
    expect(problems(schema, {})).toEqual([
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
      'spec.a: Required value',
    ]);
    expect(problems(schema, { a: 1, b: 1 })).toEqual([
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ]);
  });

  test('any, all, none', () => {
    const properties = { z: { pattern: '^q' } };
    const any = within({ anyOf: [{ required: ['x'] }, { properties, required: ['z'] }] });
    expect(problems(any, { z: 'q' })).toEqual([]);
    expect(problems(any, { z: 'w' })).toEqual([
      '<nil>: Invalid value: "": "spec" must validate at least one schema (anyOf)',
      `spec.z: Invalid value: "w": spec.z in body should match '^q'`,
    ]);
    expect(problems(within({ allOf: [{ properties: { x: { maximum: 5 } } }] }), { x: 9 })).toEqual([
      'spec.x: Invalid value: 9: spec.x in body should be less than or equal to 5',
      '<nil>: Invalid value: "": "spec" must validate all the schemas (allOf). None validated',
    ]);
    expect(problems(within({ not: { required: ['a'] } }), { a: 1 })).toEqual([
      '<nil>: Invalid value: "": "spec" must not validate the schema (not)',
    ]);
  });

  test('sets and maps have no duplicates', () => {
    const set: Schema = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } };
    const map: Schema = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] };
    const schema: Schema = { type: 'object', properties: { set, map } };
    const value = { set: ['x', 'y', 'x', 'x'], map: [{ k: 1 }, { k: 1, l: 2 }, { k: 2 }] };
    expect(checkListTypes(schema, value).map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'set[2]: Duplicate value: "x"',
      'map[1]: Duplicate value: {"k":1}',
    ]);
  });
});
