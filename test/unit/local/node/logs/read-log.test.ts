import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { ContainerLog } from '../../../../../local/node/logs/container-log.ts';
import { readLog } from '../../../../../local/node/logs/read-log.ts';
import type { PodLogRequest } from '../../../../../local/pod-logs.ts';

let directory: string;
let time: number;
const now = (): Date => new Date(time);
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
  time = Date.parse('2026-01-02T03:04:05.006Z');
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const create = (maxBytes = 1_000_000): ContainerLog =>
  new ContainerLog(path.join(directory, 'c', 'log'), { maxBytes, now });
const request = (more: Partial<PodLogRequest> = {}): PodLogRequest => ({
  namespace: 'n',
  pod: 'p',
  container: 'c',
  follow: false,
  timestamps: false,
  signal: new AbortController().signal,
  ...more,
});
const read = (log: ContainerLog, more?: Partial<PodLogRequest>): Promise<string> =>
  text(readLog(log, request(more), now));

test('output reads back byte for byte, an unfinished last line included', async () => {
  const log = create();
  const output = `one\n\n${'x'.repeat(40_000)}\nend`;
  await log.copy('stdout', Readable.from([Buffer.from(output.slice(0, 20_000)), Buffer.from(output.slice(20_000))]));
  log.end();
  expect(await read(log)).toBe(output);
  expect(fs.readFileSync(log.file, 'utf8').split('\n')[0]).toBe('2026-01-02T03:04:05.006000000Z stdout F one');
});

test('timestamps, tail, since and limit are those of kubectl logs', async () => {
  const log = create();
  await log.copy('stdout', Readable.from([Buffer.from('old\n')]));
  time += 60_000;
  await log.copy('stderr', Readable.from([Buffer.from('a\nb\n')]));
  log.end();
  expect(await read(log, { tailLines: 1, timestamps: true })).toBe('2026-01-02T03:05:05.006000000Z b\n');
  expect(await read(log, { sinceSeconds: 30 })).toBe('a\nb\n');
  expect(await read(log, { limitBytes: 5 })).toBe('old\na');
  expect(await read(log, { tailLines: 0 })).toBe('');
});

test('a follower sees what comes until the container ends', async () => {
  const log = create();
  const output = new PassThrough();
  const copied = log.copy('stdout', output);
  const followed = readLog(log, request({ follow: true }), now);
  output.write('first\n');
  expect(String((await followed.next()).value)).toBe('first\n');
  const second = followed.next();
  output.end('second\n');
  expect(String((await second).value)).toBe('second\n');
  await copied;
  log.end();
  expect((await followed.next()).done).toBe(true);
});

test('a follower that gives up ends its stream', async () => {
  const log = create();
  const stop = new AbortController();
  const followed = readLog(log, request({ follow: true, signal: stop.signal }), now).next();
  stop.abort();
  expect((await followed).done).toBe(true);
  log.end();
});

test('the log stays within twice its bound, and a follower misses nothing', async () => {
  const log = create(200);
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}\n`);
  const output = new PassThrough();
  const copied = log.copy('stdout', output);
  const followed = readLog(log, request({ follow: true }), now);
  for (const line of lines) {
    output.write(line);
    expect(String((await followed.next()).value)).toBe(line);
  }
  output.end();
  await copied;
  log.end();
  await followed.return(undefined);
  const kept = [log.file, log.previousFile].map((file) => fs.statSync(file).size);
  expect(Math.max(...kept)).toBeLessThanOrEqual(200);
  expect(await read(log)).toMatch(/line 19\n$/);
});
