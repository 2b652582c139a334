import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { SkipError, waitForFile } from '../../../../../local/node/entrypoint/wait.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const file = (): string => path.join(directory, 'run', 'out');

test('a file that is there already ends the wait', async () => {
  fs.mkdirSync(path.dirname(file()));
  fs.writeFileSync(file(), '');
  await waitForFile(file(), false);
});

test('a file that appears ends the wait', async () => {
  const waiting = waitForFile(file(), false);
  fs.writeFileSync(file(), '');
  await waiting;
});

test('content is waited for, also when it comes by a switched link', async () => {
  const run = path.dirname(file());
  fs.mkdirSync(path.join(run, 'old'), { recursive: true });
  fs.mkdirSync(path.join(run, 'new'));
  fs.writeFileSync(path.join(run, 'old', 'out'), '');
  fs.writeFileSync(path.join(run, 'new', 'out'), 'READY');
  fs.symlinkSync('old', path.join(run, 'data'));
  fs.symlinkSync('data/out', file());
  const waiting = waitForFile(file(), true);
  fs.symlinkSync('new', path.join(run, 'data_tmp'));
  fs.renameSync(path.join(run, 'data_tmp'), path.join(run, 'data'));
  await waiting;
});

test('the failure of the step before ends it with SkipError', async () => {
  const waiting = waitForFile(file(), false);
  fs.writeFileSync(`${file()}.err`, '');
  await expect(waiting).rejects.toThrow(SkipError);
});

test('it can be aborted', async () => {
  const stop = new AbortController();
  const waiting = waitForFile(file(), false, stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
