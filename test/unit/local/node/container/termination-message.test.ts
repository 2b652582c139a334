import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { terminationMessage } from '../../../../../local/node/container/termination-message.ts';
import { ContainerLog } from '../../../../../local/node/logs/container-log.ts';

let directory: string;
let log: ContainerLog;
const onFault = (_: string, error: unknown): never => {
  throw error;
};
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
  log = new ContainerLog(path.join(directory, 'log'), { maxBytes: 10_000, now: () => new Date(0), onFault });
});
afterEach(async () => {
  await log.end();
  fs.rmSync(directory, { recursive: true });
});

test('the message is the first 4096 bytes of the file', () => {
  const file = path.join(directory, 'message');
  fs.writeFileSync(file, 'm'.repeat(5000));
  expect(terminationMessage(file, 'File', 0, log)).toBe('m'.repeat(4096));
});

test('a link in its place is not followed, a named pipe not waited for', () => {
  const [secret, link, pipe] = ['secret', 'link', 'pipe'].map((name) => path.join(directory, name)) as [
    string,
    string,
    string,
  ];
  fs.writeFileSync(secret, 'hidden');
  fs.symlinkSync(secret, link);
  execFileSync('mkfifo', [pipe]);
  expect(terminationMessage(link, 'File', 0, log)).toMatch(/^Error on reading termination log: ELOOP/);
  expect(terminationMessage(pipe, 'File', 0, log)).toBe('Error on reading termination log: it is not a regular file');
});

test.each([
  ['the last 80 lines', Array.from({ length: 100 }, (_, i) => `${i}\n`).join(''), /^20\n21\n[^]*99\n$/],
  ['no more than 2048 bytes', `first\n${'x'.repeat(3000)}`, /^x{2048}$/],
  ['a last line that is not ended', 'a\nb', /^a\nb$/],
])('a failed container without a message falls back to %s of its log', async (_, output, expected) => {
  const file = path.join(directory, 'message');
  fs.writeFileSync(file, '');
  await log.copy(Readable.from([Buffer.from(output.slice(0, 5)), Buffer.from(output.slice(5))]), Promise.resolve());
  expect(terminationMessage(file, 'FallbackToLogsOnError', 1, log)).toMatch(expected);
  expect(terminationMessage(file, 'FallbackToLogsOnError', 0, log)).toBe('');
  expect(terminationMessage(file, 'File', 1, log)).toBe('');
});
