import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { openPipe } from '../../../../../local/node/entrypoint/pipe.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const write = async (script: string): Promise<AsyncIterable<Buffer>> => {
  const pipe = await openPipe(directory, 2, 'mkfifo');
  spawn('sh', ['-c', script], { stdio: ['ignore', ...pipe.writers] });
  pipe.release();
  return pipe.reader;
};

test('gives all that is written to it, in order, and leaves no file', async () => {
  const reader = await write(
    'i=0; while [ $i -lt 3000 ]; do echo $i; echo $i >&2; i=$((i+1)); done; printf end > /dev/stdout',
  );
  expect(fs.readdirSync(directory)).toEqual([]);
  let said = '';
  for await (const chunk of reader) said += chunk.toString();
  expect(said).toBe(`${Array.from({ length: 3000 }, (_, i) => `${i}\n${i}\n`).join('')}end`);
});

test('a writer waits for a slow reader, and loses nothing', async () => {
  const reader = await write('head -c 1000000 /dev/zero');
  let bytes = 0;
  for await (const chunk of reader) {
    bytes += chunk.length;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(bytes).toBe(1_000_000);
});

test('whoever stops reading ends the writer by SIGPIPE', async () => {
  const pipe = await openPipe(directory, 1, 'mkfifo');
  const child = spawn('yes', { stdio: ['ignore', ...pipe.writers, 'ignore'] });
  pipe.release();
  for await (const chunk of pipe.reader) if (chunk.length > 0) break;
  const signal = await new Promise((resolve) => child.on('exit', (_, name) => resolve(name)));
  expect(signal).toBe('SIGPIPE');
});

test('a tool that is missing is an error, and nothing stays open', async () => {
  const before = fs.readdirSync('/proc/self/fd').length;
  await expect(openPipe(directory, 2, '/no/mkfifo')).rejects.toThrow('ENOENT');
  expect(fs.readdirSync('/proc/self/fd').length).toBe(before);
  expect(fs.readdirSync(directory)).toEqual([]);
});
