import { expect, test } from '@jest/globals';

import { parseYaml, YamlSyntaxError } from '../../../../local/apiserver/go-yaml.ts';

test.each([
  ['a: yes', { a: true }],
  ['a: "yes"', { a: 'yes' }],
  ['a: 2001-01-01', { a: '2001-01-01' }],
  ['a: 010', { a: 8 }],
  ['a: 12:30:45', { a: '12:30:45' }],
  ['one: &x {a: 1}\ntwo: {<<: *x, b: 2}', { one: { a: 1 }, two: { a: 1, b: 2 } }],
  ['', null],
])('%j', (text, value) => {
  expect(parseYaml(text).value).toEqual(value);
});

test('of keys that are there twice the last one counts, and each is named', () => {
  expect(parseYaml('a: 1\nb: {c: 1, c: 2}\na: 3\n')).toEqual({
    value: { a: 3, b: { c: 2 } },
    duplicates: ['line 2: key "c" already set in map', 'line 3: key "a" already set in map'],
  });
});

test('what is none is refused with its line', () => {
  expect(() => parseYaml('a: 1\nb: [')).toThrow(YamlSyntaxError);
  expect(() => parseYaml('a: 1\nb: [')).toThrow(/^yaml: line 2: /);
});
