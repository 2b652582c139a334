import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { killFamily } from '../../../../../local/node/isolation/family.ts';
import type { Family } from '../../../../../local/node/isolation/family.ts';
import { readProcess, identityOf } from '../../../../../local/node/isolation/process-table.ts';

/** A start is known to the clock tick, of which Linux shows a hundred in a second. */
const TICK_MS = 10;

let directory: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'tektrace-test-'));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  fs.rmSync(directory, { recursive: true });
});

const marker = (): string => `TEKTRACE_TEST_MARK=${randomBytes(8).toString('hex')}`;

function start(script: string, mark: string, options: SpawnOptions = {}): ChildProcess {
  const [name = '', value = ''] = mark.split('=');
  const env = { PATH: process.env.PATH, [name]: value };
  const child = spawn('sh', ['-c', script], { detached: true, cwd: directory, env, stdio: 'ignore', ...options });
  started.push(child);
  return child;
}

const familyOf = (child: ChildProcess, mark: string, outputs: string[] = []): Family => ({
  leader: identityOf(child.pid),
  marker: mark,
  outputs,
  uid: process.getuid?.() ?? 0,
});

/** Runs `script`, which says the number of a process that it leaves behind, to its end; with the files that it writes to. */
async function leaving(script: string): Promise<{ family: Family; left: number }> {
  const mark = marker();
  const file = path.join(directory, 'output');
  const output = fs.openSync(file, 'w');
  const child = start(script, mark, { stdio: ['ignore', 'pipe', output] });
  fs.closeSync(output);
  const family = familyOf(child, mark, [fs.realpathSync(file)]);
  const [said] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), once(child, 'exit')]);
  return { family, left: Number(said) };
}

test.each([
  ['is in its session, without the mark', 'env -i sleep 300 >/dev/null 2>&1 & echo $!'],
  ['left its session', 'setsid sh -c "echo \\$\\$; exec sleep 300 >/dev/null 2>&1" &'],
  ['left its session by a double fork', '(setsid sh -c "(sleep 300 >/dev/null 2>&1 & echo \\$!)")'],
  [
    'left its session and its environment, and still writes to the output',
    '(env -i setsid sh -c "(sleep 300 >&2 & echo \\$!)")',
  ],
])('a process that %s is ended', async (_, script) => {
  const { family, left } = await leaving(script);
  expect(readProcess(left)).toBeDefined();
  expect(await killFamily(family)).toEqual([]);
  expect(readProcess(left)).toBeUndefined();
});

test('what descends from a process that left everything but its parent is ended', async () => {
  const mark = marker();
  const child = start('env -i setsid sh -c "sleep 300; true" & echo up; wait', mark, {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  expect(await killFamily(familyOf(child, mark))).toEqual([]);
});

test('processes of another family stay, and so does one that got the number of a leader', async () => {
  const [mine, other] = [marker(), marker()];
  const [child, stranger] = [start('sleep 300', mine), start('sleep 300', other)];
  await killFamily(familyOf(child, mine));
  expect(readProcess(child.pid ?? 0)).toBeUndefined();
  const { leader, ...rest } = familyOf(stranger, mine);
  expect(
    await killFamily({ ...rest, leader: { pid: stranger.pid ?? 0, startTicks: (leader?.startTicks ?? 0) - 1 } }),
  ).toEqual([]);
  expect(readProcess(stranger.pid ?? 0)).toBeDefined();
});

test('a process that is older than the leader is none of its family, whatever it carries', async () => {
  const mark = marker();
  const older = start('sleep 300', mark);
  await delay(2 * TICK_MS);
  const { leader, ...rest } = familyOf(start('sleep 300', marker()), mark);
  await killFamily({ ...rest, leader });
  expect(readProcess(older.pid ?? 0)).toBeDefined();
});

test('a container whose process could not be started has no family', async () => {
  const mark = marker();
  const child = start('sleep 300', mark);
  const { leader: _, ...rest } = familyOf(child, mark);
  expect(await killFamily({ ...rest, leader: undefined })).toEqual([]);
  expect(readProcess(child.pid ?? 0)).toBeDefined();
});
