import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { exec } from '../../../../../local/node/isolation/exec.ts';
import type { ExecResult } from '../../../../../local/node/isolation/exec.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const run = (script: string, signal = new AbortController().signal, input = ''): Promise<ExecResult> =>
  exec(['/bin/sh', '-c', script], { env: { PATH: process.env.PATH ?? '' }, cwd: '/', directory, input, signal });

test.each([
  [
    'its output in order',
    'echo out; echo err >&2; echo more > /dev/stdout',
    { exitCode: 0, output: 'out\nerr\nmore\n' },
  ],
  ['its exit code', 'exit 3', { exitCode: 3, output: '' }],
  ['the signal that ended it', 'kill -9 $$', { exitCode: 137, output: '' }],
  [
    'the start of much output, read to its end',
    'seq 1 100000; exit 4',
    { exitCode: 4, output: expect.stringMatching(/^1\n2\n/) },
  ],
])('gives %s', async (_, script, expected) => {
  const result = await run(script);
  expect(result).toEqual(expected);
  expect(result.output.length).toBeLessThanOrEqual(10 * 1024);
});

test('reads what it is given', async () => {
  expect(await run('cat', undefined, 'given')).toEqual({ exitCode: 0, output: 'given' });
});

test('leaves nothing of a command that is given up, what it has started included', async () => {
  const stop = new AbortController();
  const file = path.join(directory, 'pid');
  const ended = run(`sleep 1000 & echo $! > ${file}.part; mv ${file}.part ${file}; wait`, stop.signal);
  const failed = expect(ended).rejects.toThrow('given up');
  while (!fs.existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error('given up'));
  await failed;
  const pid = Number(fs.readFileSync(file, 'utf8'));
  const runs = (): boolean => {
    try {
      return !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };
  while (runs()) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a program that is not there is an error', async () => {
  await expect(
    exec(['/no/such'], { env: {}, cwd: '/', directory, input: '', signal: new AbortController().signal }),
  ).rejects.toThrow('ENOENT');
});
