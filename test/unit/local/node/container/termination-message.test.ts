import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { terminationMessage } from '../../../../../local/node/container/termination-message.ts';
import { ContainerLog } from '../../../../../local/node/logs/container-log.ts';

let directory: string;
let log: ContainerLog;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
  log = new ContainerLog(path.join(directory, 'log'), { maxBytes: 1000, now: () => new Date(0) });
});
afterEach(() => {
  log.end();
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

test('a log is not written through a link', () => {
  const [target, link] = [path.join(directory, 'target'), path.join(directory, 'linked.log')];
  fs.symlinkSync(target, link);
  expect(() => new ContainerLog(link, { maxBytes: 1000, now: () => new Date(0) })).toThrow('ELOOP');
  expect(fs.existsSync(target)).toBe(false);
});
