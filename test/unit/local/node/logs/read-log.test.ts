import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { ContainerLog } from '../../../../../local/node/logs/container-log.ts';
import { readLog } from '../../../../../local/node/logs/read-log.ts';
import type { PodLogRequest } from '../../../../../local/pod-logs.ts';

let directory: string;
let file: string;
let time: number;
let faults: string[];
const now = (): Date => new Date(time);
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
  file = path.join(directory, 'c', 'log');
  time = Date.parse('2026-01-02T03:04:05.006Z');
  faults = [];
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

const create = (maxBytes = 10_000_000): ContainerLog =>
  new ContainerLog(file, {
    maxBytes,
    now,
    onFault: (name, error) => faults.push(`${name}: ${(error as Error).message}`),
  });
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
const never = new Promise<never>(() => undefined);
const write = (log: ContainerLog, ...chunks: (string | Buffer)[]): Promise<void> =>
  log.copy(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), never);

/** Bytes of every value, lines of many lengths, some split between chunks. */
function loud(bytes: number): Buffer {
  const all = Buffer.alloc(bytes);
  for (let i = 0, state = 1; i < bytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    all[i] = state >>> 24;
  }
  return all;
}

test.each([
  ['an unfinished last line', 'one\n\nend'],
  ['a line of a megabyte', `a\n${'x'.repeat(1_000_000)}\nb\n`],
  ['only line feeds', '\n\n\n'],
  ['bytes of every value', loud(300_000)],
  ['carriage returns and text that is no UTF-8', Buffer.from('a\r\nb\r\xff\xfe\n', 'latin1')],
])('output reads back byte for byte: %s', async (_, output) => {
  const log = create();
  const bytes = Buffer.from(output);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 7919) }, (__, i) =>
    bytes.subarray(i * 7919, (i + 1) * 7919),
  );
  await write(log, ...chunks);
  await log.end();
  expect((await buffer(readLog(log, request(), now))).equals(bytes)).toBe(true);
  const lines = output.toString().split('\n');
  const stamped = await read(log, { timestamps: true });
  expect(stamped.replaceAll(/^2026-01-02T03:04:05\.006000000Z /gm, '')).toBe(bytes.toString());
  expect(stamped.split('\n').length).toBe(lines.length);
});

test('timestamps, tail, since and limit are those of kubectl logs', async () => {
  const log = create();
  await write(log, 'old\n');
  time += 60_000;
  await write(log, 'a\nb', '\n');
  await log.end();
  expect(await read(log, { tailLines: 1, timestamps: true })).toBe('2026-01-02T03:05:05.006000000Z b\n');
  expect(await read(log, { timestamps: true })).toBe(
    '2026-01-02T03:04:05.006000000Z old\n2026-01-02T03:05:05.006000000Z a\n2026-01-02T03:05:05.006000000Z b\n',
  );
  expect(await read(log, { sinceSeconds: 30 })).toBe('a\nb\n');
  expect(await read(log, { limitBytes: 5 })).toBe('old\na');
  expect(await read(log, { tailLines: 0 })).toBe('');
  expect(await read(log, { tailLines: 9 })).toBe('old\na\nb\n');
});

test('the last line counts for the tail although it is not ended', async () => {
  const log = create();
  await write(log, 'a\nb\nc');
  expect(await read(log, { tailLines: 2 })).toBe('b\nc');
});

test('a follower sees what comes until the container ends', async () => {
  const log = create();
  const output = new PassThrough();
  const copied = log.copy(output, never);
  const followed = readLog(log, request({ follow: true }), now);
  output.write('first\n');
  expect(String((await followed.next()).value)).toBe('first\n');
  const second = followed.next();
  output.end('second\n');
  expect(String((await second).value)).toBe('second\n');
  await copied;
  await log.end();
  expect((await followed.next()).done).toBe(true);
});

test('a follower that gives up ends its stream', async () => {
  const log = create();
  const stop = new AbortController();
  const followed = readLog(log, request({ follow: true, signal: stop.signal }), now).next();
  stop.abort();
  expect((await followed).done).toBe(true);
  await log.end();
});

test('past its limit the log says what is missing and shows the newest lines', async () => {
  const log = create(10_000);
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`);
  const chunks = Array.from({ length: 200 }, (_, i) => lines.slice(100 * i, 100 * (i + 1)).join(''));
  await write(log, ...chunks);
  await log.end();
  const shown = await read(log);
  const [, head = '', bytes, count, tail = ''] =
    /^([^]*)\[tektrace\] (\d+) bytes \((\d+) lines\) of output are missing here: a container's log is kept up to 10000 bytes\n([^]*)$/.exec(
      shown,
    ) ?? [];
  const whole = lines.join('');
  expect(whole.startsWith(head)).toBe(true);
  expect(whole.endsWith(tail)).toBe(true);
  expect(head.length + Number(bytes) + tail.length).toBe(whole.length);
  expect(head.split('\n').length + Number(count) + tail.split('\n').length - 2).toBe(lines.length);
  expect(tail).toMatch(/^line \d+\n[^]*line 19999\n$/);
  expect(fs.statSync(file).size).toBeLessThan(100_000);
});

test('a log that can not be written disturbs nothing; what was lost is marked once it can be', async () => {
  fs.writeFileSync(path.join(directory, 'c'), 'in the way');
  const log = create();
  const lost = `${'x'.repeat(99)}\n`.repeat(1000);
  await write(log, lost);
  expect(faults).toEqual([expect.stringMatching(/^\/.*\/c\/log: (EEXIST|ENOTDIR)/)]);
  const before = await read(log);
  expect(before).toMatch(/^\[tektrace\] \d+ bytes \(\d+ lines\) of output are missing here: (EEXIST|ENOTDIR)/);
  fs.rmSync(path.join(directory, 'c'));
  await write(log, 'after\n');
  await log.end();
  expect(await read(log)).toBe(`${before}after\n`);
  expect(faults).toHaveLength(1);
});

test('a short trouble with the disk loses nothing', async () => {
  fs.writeFileSync(path.join(directory, 'c'), 'in the way');
  const log = create();
  await write(log, 'a\n', 'b\n');
  fs.rmSync(path.join(directory, 'c'));
  await log.end();
  expect(await read(log)).toBe('a\nb\n');
});

test('what could never be written is told at the end of the log, on a line of its own', async () => {
  const log = create(30);
  await write(log, 'begun', 'x'.repeat(100_000), 'end');
  await log.end();
  expect(await read(log)).toMatch(/^begun\n\[tektrace\] 34467 bytes of output are missing here: [^\n]*\nx{65533}end$/);
});

test('a full disk: the log is what fits in memory, and says what is missing', async () => {
  const log = new ContainerLog('/dev/full', { maxBytes: 1e9, now, onFault: (_, error) => faults.push(String(error)) });
  const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`);
  await write(log, ...lines.slice(0, 10));
  expect(await read(log)).toBe(lines.slice(0, 10).join(''));
  await write(log, lines.slice(10).join(''));
  await log.end();
  const shown = await read(log, { follow: true });
  expect(shown).toMatch(
    /^\[tektrace\] \d+ bytes \(\d+ lines\) of output are missing here: ENOSPC: no space left on device/,
  );
  const [, missing] = /\((\d+) lines\)/.exec(shown) ?? [];
  expect(shown.split('\n').slice(1).join('\n')).toBe(lines.slice(Number(missing)).join(''));
  expect(faults[0]).toContain('ENOSPC');
});

test('a file that was removed is reported, when it is written and when it is read', async () => {
  const log = create();
  await write(log, 'a\n');
  fs.rmSync(path.join(directory, 'c'), { recursive: true });
  await write(log, 'b\n');
  await log.end();
  expect(faults).toEqual([`${file}: it was removed while the container ran, so its output can no longer be read`]);
  await expect(read(log)).rejects.toThrow(`ENOENT: no such file or directory, open '${file}'`);
});

test('nothing is written through a link', async () => {
  const target = path.join(directory, 'target');
  fs.mkdirSync(path.dirname(file));
  fs.symlinkSync(target, file);
  const log = create();
  await write(log, 'a\n');
  await log.end();
  expect(faults[0]).toContain('ELOOP');
  expect(fs.existsSync(target)).toBe(false);
  expect(await read(log)).toBe('a\n');
});

test('a process that left the container and keeps its output open is not waited for', async () => {
  const log = create();
  const output = new PassThrough();
  output.write('last words\n');
  await log.copy(output, Promise.resolve());
  await log.end();
  expect(await read(log)).toBe('last words\n');
});

test('reading waits for the disk, so that a fast container fills no memory', async () => {
  const log = create(1e9);
  let ahead = 0;
  let most = 0;
  const output = Readable.from(
    (async function* () {
      for (let i = 0; i < 200; i++) {
        most = Math.max(most, ++ahead * 65_536 - log.size);
        yield Buffer.alloc(65_536);
      }
    })(),
    { highWaterMark: 1 },
  );
  await log.copy(output, never);
  await log.end();
  expect(most).toBeLessThan(1024 * 1024);
  expect(log.size).toBe(200 * (65_536 + 12));
});
