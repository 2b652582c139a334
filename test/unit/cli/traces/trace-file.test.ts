import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { checkTraceFile, isStandardOutput, writeTrace } from '../../../../cli/traces/trace-file.ts';

let directory: string;
const at = (...names: string[]): string => path.join(directory, ...names);
beforeEach(async () => (directory = await mkdtemp(path.join(tmpdir(), 'tektrace-trace-file-'))));
afterEach(() => rm(directory, { recursive: true }));

const trace = { resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [] }] };
const TEXT = `${JSON.stringify({ resourceSpans: [...trace.resourceSpans, ...trace.resourceSpans] })}\n`;
const refusal = (message: RegExp, exitCode: number) => ({
  name: 'CommandError',
  exitCode,
  message: expect.stringMatching(message),
});

test('a trace is written completely, to a new or an existing file, without other files', async () => {
  await checkTraceFile(at('t.json'));
  expect(await readdir(directory)).toEqual([]);
  await writeTrace(at('t.json'), [trace, trace]);
  expect(await readFile(at('t.json'), 'utf8')).toBe(TEXT);
  await chmod(at('t.json'), 0o600);
  await checkTraceFile(at('t.json'));
  expect(await readFile(at('t.json'), 'utf8')).toBe(TEXT);
  await writeTrace(at('t.json'), []);
  expect(await readFile(at('t.json'), 'utf8')).toBe('{"resourceSpans":[]}\n');
  expect((await stat(at('t.json'))).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(['t.json']);
});

test('a symbolic link stays one, and what it points to is written', async () => {
  await symlink(at('target.json'), at('link.json'));
  for (const traces of [[], [trace, trace]]) {
    await checkTraceFile(at('link.json'));
    await writeTrace(at('link.json'), traces);
  }
  expect(await readFile(at('target.json'), 'utf8')).toBe(TEXT);
  expect((await readdir(directory)).toSorted()).toEqual(['link.json', 'target.json']);
});

test('a device is written directly', async () => {
  await checkTraceFile('/dev/null');
  await writeTrace('/dev/null', [trace]);
  expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
});

test('a path that can’t be written is refused before anything starts', async () => {
  await mkdir(at('folder'));
  await writeFile(at('file'), '');
  for (const [file, message] of [
    [at('no', 'such', 't.json'), /^--trace-out .*t\.json: there is no directory .*no\/such: create it first$/],
    [at('folder'), /this is a directory, not a file$/],
    [at('file', 't.json'), /a part of this path is a file, not a directory$/],
    [at('x'.repeat(300)), /the name is too long for a file$/],
    ['/proc/t.json', /: (this user has no permission for it|this user is not permitted to do that)$/],
    ['', /the name of the file is empty$/],
  ] as const)
    await expect(checkTraceFile(file)).rejects.toMatchObject(refusal(message, 2));
  expect((await readdir(directory)).toSorted()).toEqual(['file', 'folder']);
});

test('a removed folder is an error with exit code 1', async () => {
  await expect(writeTrace(at('gone', 't.json'), [trace])).rejects.toMatchObject(refusal(/there is no directory/, 1));
});

test('a full disk is an error with exit code 1', async () => {
  await expect(writeTrace('/dev/full', [trace])).rejects.toMatchObject(
    refusal(/: the disk is full: free some space$/, 1),
  );
});

test('standard output has three names', () => {
  expect(['-', '/dev/stdout', '/dev/fd/1', 't.json'].map(isStandardOutput)).toEqual([true, true, true, false]);
});
