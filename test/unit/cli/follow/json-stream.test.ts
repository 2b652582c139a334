import { expect, test } from '@jest/globals';

import { separateJson } from '../../../../cli/follow/json-stream.ts';
import { parseManifests } from '../../../../cli/follow/manifests.ts';

const object = (name: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'a "}{" b' } });

test.each([
  ['on lines of their own', '\n'],
  ['with empty lines between', '\n\n  '],
  ['on one line', ' '],
  ['without anything between', ''],
])('JSON objects %s are documents', (_what, between) => {
  const found = parseManifests(`${object('a')}${between}${object('b')}\n`, 'in.json');
  expect(found.map(({ object: { metadata } }) => metadata.name)).toEqual(['a', 'b']);
});

test('the lines stay', () => {
  const found = parseManifests(`\n${object('a')}\n\n${object('b')}`, 'in.json');
  expect(found.map(({ where }) => where)).toEqual(['in.json:2 (document 1)', 'in.json:4 (document 2)']);
});

test.each([
  ['one object', object('a')],
  ['a flow map of YAML', '{a: 1} # {b: 2}'],
  ['an object and text', '{"a": 1}\ntrailing'],
  ['too many brackets', '{"a": 1}}{"b": 2}'],
])('%s is left as it is', (_what, text) => {
  expect(separateJson(text)).toBe(text);
});
