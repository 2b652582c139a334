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

test('an alias stands for the last of its name before it, where it is and in what others stand for', () => {
  const text = 'a: &x 1\nb: &y [*x]\nc: &x 2\nd: [*y, *x]\n*x : 3\n';
  expect(parseYaml(text).value).toEqual({ a: 1, b: [1], c: 2, d: [[1], 2], 2: 3 });
});

test.each([
  ['a: *b', "yaml: unknown anchor 'b' referenced"],
  ['a: *b\nb: &b 1', "yaml: unknown anchor 'b' referenced"],
  ['a: &a [*a]', "yaml: anchor 'a' value contains itself"],
  ['a: &a {b: {<<: *a}}', "yaml: anchor 'a' value contains itself"],
  ['<<: 1', /^yaml: /],
])('%j is refused', (text, problem) => {
  expect(() => parseYaml(text)).toThrow(YamlSyntaxError);
  expect(() => parseYaml(text)).toThrow(problem);
});

test('aliases that stand for too much are refused; many that stand for little are not', () => {
  const levels = [...'abcdefghi'].map((name, index, all) => {
    const below = index === 0 ? 'x' : `*${all[index - 1] ?? ''}`;
    return `${name}: &${name} [${Array.from({ length: 10 }, () => below).join(',')}]\n`;
  });
  expect(() => parseYaml(levels.join(''))).toThrow('yaml: document contains excessive aliasing');
  const many = Array.from({ length: 20_000 }, () => '*a').join(',');
  expect(parseYaml(`a: &a x\nb: [${many}]`).value).toMatchObject({ a: 'x' });
});

test('what is deeper than it may be is refused', () => {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  expect(parseYaml(deep(500)).duplicates).toEqual([]);
  for (const levels of [501, 5000, 100_000])
    expect(() => parseYaml(deep(levels))).toThrow('yaml: exceeded max depth of 500');
});

test('many keys are read at once, and many that are there twice', () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `key${index}: 1\n`).join('');
  expect(parseYaml(lines).duplicates).toEqual([]);
  expect(parseYaml(lines + lines).duplicates).toHaveLength(20_000);
});
