import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { readManifests } from '../../../cli/follow/manifests.ts';

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tektrace-manifests-'));
  file = path.join(directory, 'run.yaml');
});
afterAll(() => rm(directory, { recursive: true }));

async function read(text: string): Promise<string[]> {
  await writeFile(file, text);
  return (await readManifests(file)).map((object) => `${object.kind}/${object.metadata.name}`);
}

const object = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

test('several documents, Lists and JSON are read in their order', async () => {
  const list = `apiVersion: v1\nkind: List\nitems:\n- ${object('b').replaceAll('\n', '\n  ').trimEnd()}\nmetadata: {}\n`;
  expect(await read(`---\n${object('a')}---\n# only a comment\n---\n${list}`)).toEqual(['ConfigMap/a', 'ConfigMap/b']);
  expect(await read('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"j"}}')).toEqual(['ConfigMap/j']);
});

test.each([
  ['a tab', 'apiVersion: v1\nkind: X\n\tmetadata: {}', /run\.yaml:3:\d+: /],
  ['an open bracket', 'a: [1', /run\.yaml:1:\d+: /],
  ['a key twice', 'a: 1\na: 2', /run\.yaml:2:1: Map keys must be unique/],
  ['an error in the second document', `${object('a')}---\nb: {`, /run\.yaml:\d+:\d+: /],
  ['an alias without anchor', 'a: *nothing', /run\.yaml:1(:\d+)?: /],
  [
    'aliases that multiply',
    `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]`,
    /run\.yaml:1: Excessive alias count/,
  ],
  ['a text', 'hello', /run\.yaml:1: expected a Kubernetes object, found string/],
  ['a list', '- a', /run\.yaml:1: expected a Kubernetes object, found a list/],
  ['no apiVersion', 'kind: X', /apiVersion is missing/],
  ['no kind', 'apiVersion: v1', /kind is missing/],
  ['no metadata', 'apiVersion: v1\nkind: X', /metadata is missing/],
  [
    'an item without kind',
    'apiVersion: v1\nkind: List\nmetadata: {}\nitems: [{apiVersion: v1}]',
    /items\[0\]: kind is missing/,
  ],
  ['nothing', '', /holds no object/],
  ['comments only', '# nothing\n---\n', /holds no object/],
])('%s is an error with its place', async (_what, text, message) => {
  await expect(read(text)).rejects.toMatchObject({
    name: 'CommandError',
    exitCode: 2,
    message: expect.stringMatching(message),
  });
});

test('a file that is not there is named', async () => {
  await expect(readManifests('/nowhere/run.yaml')).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^\/nowhere\/run\.yaml: .*no such file/),
  });
});
