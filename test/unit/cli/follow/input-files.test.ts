import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { inputFiles } from '../../../../cli/follow/input-files.ts';
import { readManifests } from '../../../../cli/follow/manifests.ts';
import { readText } from '../../../../cli/follow/read-text.ts';

let root: string;
const at = (...names: string[]): string => path.join(root, ...names);
const files = async (values: string[], isRecursive = false): Promise<string[]> =>
  (
    await inputFiles(
      values.map((value) => (value === '-' ? value : at(value))),
      isRecursive,
    )
  ).map((file) => (file === '-' ? file : path.relative(root, file)));

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'tektrace-inputs-'));
  await mkdir(at('d', 'deep'), { recursive: true });
  await mkdir(at('empty'));
  for (const name of ['a.yaml', 'b,c.yaml', 'plain', 'd/z.yml', 'd/b.json', 'd/a.yaml', 'd/notes.md', 'd/deep/c.yaml'])
    await writeFile(at(name), `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "${name}"}\n`);
});
afterAll(() => rm(root, { recursive: true }));

describe('-f', () => {
  test.each([
    ['several files', ['d/z.yml', 'a.yaml'], false, ['d/z.yml', 'a.yaml']],
    ['a file of any name', ['plain'], false, ['plain']],
    ['a directory, by name', ['d'], false, ['d/a.yaml', 'd/b.json', 'd/z.yml']],
    ['a directory with -R', ['d'], true, ['d/a.yaml', 'd/b.json', 'd/deep/c.yaml', 'd/z.yml']],
    ['a pattern', ['d/*.y*ml'], false, ['d/a.yaml', 'd/z.yml']],
    ['a file with a comma in its name', ['b,c.yaml'], false, ['b,c.yaml']],
    ['standard input beside a file', ['-', 'a.yaml'], false, ['-', 'a.yaml']],
  ])('%s', async (_what, values, isRecursive, expected) => {
    expect(await files(values, isRecursive)).toEqual(expected);
  });

  test('a list with commas', async () => {
    expect(await inputFiles([`${at('a.yaml')},${at('plain')}`])).toEqual([at('a.yaml'), at('plain')]);
  });

  test('a symbolic link to a file or a directory', async () => {
    await symlink(at('d'), at('link'));
    await symlink(at('a.yaml'), at('d', 'linked.yaml'));
    expect(await files(['link'])).toEqual(['link/a.yaml', 'link/b.json', 'link/linked.yaml', 'link/z.yml']);
    await rm(at('d', 'linked.yaml'));
  });

  test.each([
    [['nothing.yaml'], /nothing\.yaml: there is no such file or directory$/],
    [['a.yaml/x'], /a\.yaml\/x: a part of this path is a file, not a directory$/],
    [['*.nothing'], /\*\.nothing: there is no such file/],
    [['empty'], /empty: contains no file that ends in \.json, \.yaml, \.yml \(-R includes/],
    [['-', '-'], /standard input can be read only once/],
  ])('%j is refused with a sentence', async (values, message) => {
    await expect(files(values)).rejects.toMatchObject({
      name: 'CommandError',
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  test('a URL is refused with what to do', async () => {
    await expect(inputFiles(['https://example.com/a.yaml'])).rejects.toThrow(
      'URLs are not supported: download it first',
    );
  });
});

describe('a file', () => {
  const bytes = async (content: string | Buffer): Promise<string> => {
    await writeFile(at('bytes'), content);
    return readText(at('bytes'));
  };

  test.each([
    ['a mark at its beginning', Buffer.from('\ufeffa: ü', 'utf8')],
    ['UTF-16, as PowerShell writes it', Buffer.from('\ufeffa: ü', 'utf16le')],
    ['UTF-16 the other way round', Buffer.from('\ufeffa: ü', 'utf16le').swap16()],
  ])('with %s is text', async (_what, content) => {
    expect(await bytes(content)).toBe('a: ü');
  });

  test('that is not text is refused with its line', async () => {
    await expect(bytes(Buffer.from('a: b\nc: \xfc\n', 'latin1'))).rejects.toThrow(/bytes:2: is not UTF-8 text$/);
  });

  test('without end is not read to its end', async () => {
    await expect(readText('/dev/zero')).rejects.toThrow('/dev/zero: is larger than 16 MiB: split it');
  });

  test('that is a pipe is read to its end', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const [text] = await Promise.all([readText(at('pipe')), writeFile(at('pipe'), 'a: 1')]);
    expect(text).toBe('a: 1');
  });

  test('without an object is refused, and so are several', async () => {
    await writeFile(at('comment.yaml'), '# nothing\n---\n');
    await expect(readManifests([at('comment.yaml')])).rejects.toThrow(/comment\.yaml: contains no object$/);
    await expect(readManifests([at('comment.yaml'), at('comment.yaml')])).rejects.toThrow(/: contain no object$/);
  });
});
