import { describe, expect, test } from '@jest/globals';

import {
  circularDefaults,
  missingObjectKeys,
  missingParams,
  mistypedParams,
  paramsOutsideEnum,
  resolveParams,
} from '../../../../shared/tekton/params.ts';
import { SubstitutionTooLarge } from '../../../../shared/tekton/substitution.ts';
import type { Param, ParamSpec } from '../../../../shared/tekton/types.ts';

const resolved = (declared: ParamSpec[], given: Param[] = []) =>
  Object.fromEntries(resolveParams(declared, given).map(({ name, value }) => [name, value]));

describe('resolveParams', () => {
  test('given values win over defaults, defaults may refer to other params in any order', () => {
    const declared = [
      { name: 'image', default: '$(params.registry)/$(params.name)' },
      { name: 'registry', default: 'registry.example.com' },
      { name: 'name', default: 'app' },
      { name: 'tags', default: ['$(params.name):1', 'latest'] },
    ];
    expect(resolved(declared, [{ name: 'name', value: 'web' }])).toEqual({
      image: 'registry.example.com/web',
      registry: 'registry.example.com',
      name: 'web',
      tags: ['web:1', 'latest'],
    });
  });

  test('defaults that wait for each other keep their text', () => {
    const declared = [
      { name: 'a', default: '$(params.b)' },
      { name: 'b', default: '$(params.a)' },
    ];
    expect(resolved(declared)).toEqual({ a: '$(params.b)', b: '$(params.a)' });
  });

  test('a default can refer to other defaults, also in chains', () => {
    const declared = [
      { name: 'tag', default: '1' },
      { name: 'app', default: 'app:$(params.tag)' },
      { name: 'image', default: 'reg/$(params["app"])' },
      { name: 'list', default: ['$(params.image)', '$(params.object.key)'] },
      { name: 'object', properties: { key: {} }, default: { key: '$(params.list2[0])' } },
      { name: 'list2', default: ['$(params.tag)'] },
    ];
    expect(resolved(declared)).toMatchObject({ image: 'reg/app:1', list: ['reg/app:1', '1'] });
  });

  test("what a value holds is not read again; the missing keys of an object's default are", () => {
    const declared = [
      { name: 'tag', default: '1' },
      { name: 'object', properties: { a: {}, b: {} }, default: { a: 'A', b: 'b$(params.tag)' } },
    ];
    const given = [{ name: 'object', value: { a: '$(params.tag)' } }];
    expect(resolved(declared, given)).toEqual({ tag: '1', object: { a: '$(params.tag)', b: 'b1' } });
  });

  test('the longest possible chain is followed to its end', () => {
    const last = 20_000;
    const declared = Array.from({ length: last + 1 }, (_, index) => ({
      name: `p${index}`,
      default: index === last ? 'end' : `$(params.p${index + 1})`,
    }));
    expect(resolved(declared)['p0']).toBe('end');
    const circle = circularDefaults([...declared.slice(0, last), { name: `p${last}`, default: '$(params.p0)' }]);
    expect(circle.get('p0')).toEqual([...Array.from({ length: 20 }, (_, index) => `p${index}`), '…', 'p0']);
  });

  test('defaults that double each other are refused, before they fill the memory', () => {
    const doubling = (one: (name: string) => ParamSpec['default']): ParamSpec[] =>
      Array.from({ length: 60 }, (_, index) => ({
        name: `p${index}`,
        default: index === 0 ? one('') : one(`p${index - 1}`),
      }));
    const text = doubling((name) => (name === '' ? 'x'.repeat(100) : `$(params.${name})$(params.${name})`));
    const list = doubling((name) => (name === '' ? ['x', 'y'] : [`$(params.${name}[*])`, `$(params.${name}[*])`]));
    for (const declared of [text, list]) expect(() => resolveParams(declared)).toThrow(SubstitutionTooLarge);
  });

  test('a reference with a million dots is read once', () => {
    const text = `$(params.${'a.'.repeat(500_000)}b)`;
    expect(
      resolved([
        { name: 'a', default: 'x' },
        { name: 'c', default: text },
      ]),
    ).toEqual({ a: 'x', c: text });
  });

  test("an object's missing keys come from its default", () => {
    const declared = [{ name: 'git', default: { url: 'default', revision: 'main' } }];
    expect(resolved(declared, [{ name: 'git', value: { url: 'mine' } }])).toEqual({
      git: { url: 'mine', revision: 'main' },
    });
  });

  test('numbers and booleans of the YAML are text', () => {
    expect(resolved([], [{ name: 'port', value: 8080 as unknown as string }])).toEqual({ port: '8080' });
  });
});

const declared: ParamSpec[] = [
  { name: 'text', enum: ['a', 'b'] },
  { name: 'list', type: 'array' },
  { name: 'object', properties: { url: {}, revision: {} }, default: { revision: 'main' } },
];

test('params that are missing, of another type, without keys or outside the enum are named', () => {
  const given = [
    { name: 'text', value: 'c' },
    { name: 'list', value: 'x' },
    { name: 'object', value: {} },
    { name: 'extra', value: 'is fine' },
  ];
  expect(missingParams(declared, [])).toEqual(['text', 'list']);
  expect(mistypedParams(declared, given)).toEqual(['list']);
  expect(missingObjectKeys(declared, given)).toEqual({ object: ['url'] });
  expect(paramsOutsideEnum(declared, given)).toEqual(['param text: "c" is not one of a, b']);
});

test('a string that refers to an array may be given for an array', () => {
  expect(mistypedParams(declared, [{ name: 'list', value: '$(tasks.a.results.list[*])' }])).toEqual([]);
});
