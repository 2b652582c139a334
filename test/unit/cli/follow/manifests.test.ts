import { describe, expect, test } from '@jest/globals';

import { CommandError } from '../../../../cli/errors.ts';
import { parseManifests } from '../../../../cli/follow/manifests.ts';
import { fc } from '../../../support/property.ts';

const read = (text: string): string[] =>
  parseManifests(text, 'run.yaml').map(({ object }) => `${object.kind}/${object.metadata.name}`);
const object = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
const nested = (text: string): string => `- ${text.replaceAll('\n', '\n  ').trimEnd()}\n`;
const list = (kind: string, ...items: string[]): string =>
  `apiVersion: v1\nkind: ${kind}\nitems:\n${items.map(nested).join('')}`;

describe('accepted input', () => {
  test.each([
    ['several documents', `---\n${object('a')}---\n${object('b')}`, ['ConfigMap/a', 'ConfigMap/b']],
    ['empty documents and comments', `# c\n---\n---\n# d\n---\n${object('a')}---\n`, ['ConfigMap/a']],
    ['a comment after the dashes, as helm writes it', `--- # Source: a\n${object('a')}`, ['ConfigMap/a']],
    ['a List without metadata', list('List', object('a'), object('b')), ['ConfigMap/a', 'ConfigMap/b']],
    ['a list of one kind', list('ConfigMapList', object('a')), ['ConfigMap/a']],
    ['a List in a List', list('List', list('List', object('a')).trimEnd()), ['ConfigMap/a']],
    ['an empty List among others', `${object('a')}---\n${list('List')}  []\n`, ['ConfigMap/a']],
    ['JSON', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"j"}}', ['ConfigMap/j']],
    [
      'several JSON documents',
      '{"apiVersion":"v1","kind":"A","metadata":{}}\n---\n{"apiVersion":"v1","kind":"B","metadata":{}}',
      ['A/undefined', 'B/undefined'],
    ],
    ['line ends of Windows', object('a').replaceAll('\n', '\r\n'), ['ConfigMap/a']],
  ])('%s', (_what, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('YAML as kubectl reads it: 1.1, with anchors and merges', () => {
    const [manifest] = parseManifests(
      `${object('a')}mode: 0400\non: yes\nday: 2001-01-01\nbase: &b {x: 1}\nmore: {<<: *b, z: 2}\nall: [${'*b,'.repeat(150)}]\n`,
      'run.yaml',
    );
    expect(manifest?.object).toMatchObject({
      mode: 256,
      true: true,
      day: '2001-01-01',
      more: { x: 1, z: 2 },
      all: Array.from({ length: 150 }, () => ({ x: 1 })),
    });
  });

  test('with the place of each object', () => {
    const wheres = (text: string): string[] => parseManifests(text, 'run.yaml').map(({ where }) => where);
    expect(wheres(object('a'))).toEqual(['run.yaml:1']);
    expect(wheres(`# c\n${object('a')}---\n${list('List', object('b'))}`)).toEqual([
      'run.yaml:2 (document 1)',
      'run.yaml:6 (document 2): items[0]',
    ]);
  });
});

test.each([
  ['a tab', 'apiVersion: v1\nkind: X\n\tmetadata: {}', /^run\.yaml:3:\d+: this is not YAML: Tabs/],
  ['an open bracket', 'a: [1', /^run\.yaml:1:\d+: this is not YAML: /],
  ['a key twice', 'a: 1\na: 2', /^run\.yaml:2: the key "a" is duplicated$/],
  ['a key twice in JSON', '{"a": 1,\n "a": 2}', /^run\.yaml:2: the key "a" is duplicated$/],
  ['an error in the second document', `${object('a')}---\nb: {`, /^run\.yaml:\d+:\d+: /],
  ['an alias without anchor', 'x: 1\na: *nothing', /^run\.yaml:\d: .*nothing/],
  ['an alias of itself', 'a: &a [*a]', /contains itself/],
  [
    'aliases that multiply',
    'abcdefghi'.replace(
      /./g,
      (name, index: number) =>
        `${name}: &${name} [${Array.from({ length: 10 }, () => (index === 0 ? 'x' : `*${'abcdefghi'[index - 1]}`)).join(',')}]\n`,
    ),
    /^run\.yaml:1: .*excessive aliasing/,
  ],
  ['brackets that are too deep', '['.repeat(3_000_000), /^run\.yaml:1: lists and maps are nested deeper than 500/],
  ['lists that are too deep', '- '.repeat(3_000_000), /^run\.yaml:1: lists and maps are nested deeper than 500/],
  [
    'indentation that is too deep',
    Array.from({ length: 3000 }, (_item, index) => `${' '.repeat(index)}a:\n`).join(''),
    /^run\.yaml:\d+:\d+: .*nested too deep/,
  ],
  ['an error on each of a million lines', 'a: b: c\n'.repeat(1_000_000), /^run\.yaml:\d+: .*more than 500000 tokens/],
  ['a key that is a list', '? [a]\n: b', /^run\.yaml:1: .*a key is a map or a list/],
  ['an infinite number', `${object('a')}x: .inf`, /^run\.yaml:1: .*JSON has no form/],
  ['bytes', `${object('a')}x: !!binary aGk=`, /^run\.yaml:1: .*!!binary/],
  ['a control character', `${object('a')}x: "\u0007"`, /^run\.yaml:4: contains the control character U\+0007/],
  ['a text', 'hello', /^run\.yaml:1: expected a Kubernetes object \(.*\), found a string/],
  ['a list', '- a', /^run\.yaml:1: expected a Kubernetes object \(.*\), found a list/],
  ['no apiVersion', 'kind: X', /apiVersion is missing/],
  [
    'an apiVersion that is a path',
    'apiVersion: tekton.../../v1\nkind: X',
    /apiVersion is "tekton.*, not a group and a version/,
  ],
  ['an apiVersion of three parts', 'apiVersion: tekton.dev/v1/x\nkind: X', /not a group and a version/],
  ['no kind', 'apiVersion: v1', /kind is missing/],
  ['a kind that is no text', 'apiVersion: v1\nkind: 5', /kind is not text/],
  ['no metadata', 'apiVersion: v1\nkind: X', /metadata is missing/],
  ['metadata that is no map', 'apiVersion: v1\nkind: X\nmetadata: a', /metadata is not a map/],
  [
    'a name that is no text',
    'apiVersion: v1\nkind: X\nmetadata: {name: 5}',
    /metadata\.name is 5 to YAML, not text: put it into quotes/,
  ],
  [
    'an item without kind',
    'apiVersion: v1\nkind: List\nitems: [{apiVersion: v1}]',
    /^run\.yaml:1: items\[0\]: kind is missing/,
  ],
  ['an item that is nothing', 'apiVersion: v1\nkind: List\nitems: [null]', /items\[0\]: .*found nothing/],
  ['items that are no list', 'apiVersion: v1\nkind: List\nitems: {}', /items is not a list/],
])('%s is an error with its place', (_what, text, message) => {
  expect(() => read(text)).toThrow(CommandError);
  expect(() => read(text)).toThrow(message);
});

const valid = `${object('a')}---\n${list('List', object('b'))}---\n{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "c"}}\n`;

/** A valid text with some of its characters replaced, taken out or repeated. */
const mutated = fc
  .array(fc.tuple(fc.nat(valid.length), fc.nat(12), fc.string({ unit: 'binary', maxLength: 6 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((edits) => edits.reduce((text, [at, length, put]) => text.slice(0, at) + put + text.slice(at + length), valid));

test.each([
  ['any text', fc.string({ unit: 'binary', maxLength: 200 })],
  [
    'any text of YAML’s own characters',
    fc.string({ unit: fc.constantFrom(...'a1 \n\t-:[]{}&*!|>\'"%#?,<~.'), maxLength: 60 }),
  ],
  ['a valid text that was changed', mutated],
])('%s is read, or is one error of a few lines', (_what, texts) => {
  fc.assert(
    fc.property(texts, (text) => {
      try {
        for (const { object: found } of parseManifests(text, 'run.yaml'))
          expect(typeof found.kind === 'string' && JSON.stringify(found).length > 0).toBe(true);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        expect(error.message.length).toBeLessThan(400);
        expect(error.message).toMatch(/^run\.yaml:\d+[^\n]*$/);
      }
    }),
    { numRuns: 400 },
  );
});
