import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { childrenOf, sendSignal } from '../../local/node/isolation/processes.ts';
import { readProcess } from '../../local/node/isolation/process-table.ts';
import { isolations } from '../support/isolations.ts';
import { until } from './support/run.ts';

let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'test-killed-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

const HANGING = `apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {generateName: hanging-}
spec: {taskSpec: {steps: [{name: s, image: i, script: 'echo pid $$; exec sleep 600'}]}}
`;

interface Started {
  launcher: number;
  product: number;
}

/** Starts a run that hangs, through the launcher; resolves when its step works. */
async function startHanging(isolation: string): Promise<Started> {
  const file = path.join(directory, 'run.yaml');
  fs.writeFileSync(file, HANGING);
  const env = { ...process.env, TMPDIR: directory, npm_lifecycle_event: '' };
  const child = spawn(process.execPath, ['cli/launcher.cjs', 'run', '--isolation', isolation, '-f', file], { env });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => /pid \d+/.test(said), 'the step to work');
  const launcher = child.pid ?? 0;
  return { launcher, product: childrenOf(launcher)[0] ?? 0 };
}

const ends = (pid: number): Promise<boolean> => until(() => readProcess(pid) === undefined, `the end of ${pid}`);

test.each(isolations)(
  'a launcher that is killed takes its product with it, which leaves nothing, with isolation %s',
  async (isolation) => {
    const { launcher, product } = await startHanging(isolation);
    process.kill(launcher, 'SIGKILL');
    await ends(product);
    expect(fs.readdirSync(directory)).toEqual(['run.yaml']);
  },
);

/** The processes that a process started, and those that they started. */
function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

function commandLine(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return ''; // It ended while we looked.
  }
}

interface StartedByNpm extends Started {
  npm: number;
}

/** `npm start`, until the first of its steps has written something. */
async function npmStart(isolation: string): Promise<StartedByNpm> {
  const env = {
    ...{ PATH: process.env.PATH, HOME: directory, TMPDIR: directory, LANG: 'C.UTF-8' },
    // npm lets Node 22 and newer keep its compiled code in TMPDIR.
    NODE_DISABLE_COMPILE_CACHE: '1',
    ...{ npm_config_update_notifier: 'false', npm_config_logs_max: '0', npm_config_cache: path.join(directory, 'npm') },
  };
  const child = spawn('npm', ['start', '--', '--isolation', isolation], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  const npm = child.pid ?? 0;
  started.push(npm);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.includes(' │ '), 'the first line of a step');
  const launcher = descendantsOf(npm).find((pid) => /^\S*node cli\/launcher/.test(commandLine(pid))) ?? 0;
  return { npm, launcher, product: childrenOf(launcher)[0] ?? 0 };
}

const started: number[] = [];
afterEach(() => {
  for (const pid of started.splice(0).flatMap((npm) => [npm, ...descendantsOf(npm)])) sendSignal(pid, 'SIGKILL');
});

/** What there is besides the cache of npm. */
const made = (): string[] => fs.readdirSync(directory).filter((name) => name !== 'npm');

const cases = isolations.flatMap((isolation) => (['npm', 'launcher'] as const).map((who) => ({ who, isolation })));
test.each(cases)(
  'npm start, and its $who is killed: the product ends and leaves nothing, with isolation $isolation',
  async ({ who, isolation }) => {
    const processes = await npmStart(isolation);
    expect(made()).not.toEqual([]);
    process.kill(processes[who], 'SIGKILL');
    for (const pid of [processes.npm, processes.launcher, processes.product]) await ends(pid);
    expect(made()).toEqual([]);
  },
);

test.each(isolations)(
  'what a killed product leaves is removed by the next start, with isolation %s',
  async (isolation) => {
    const first = await startHanging(isolation);
    process.kill(first.product, 'SIGKILL');
    await ends(first.launcher);
    const left = fs.readdirSync(directory).filter((name) => name.startsWith('tektrace-'));
    expect(left.length).toBeGreaterThan(0);
    const second = await startHanging(isolation);
    const now = fs.readdirSync(directory);
    expect(left.filter((name) => now.includes(name))).toEqual([]);
    process.kill(second.launcher, 'SIGTERM');
    await ends(second.product);
    expect(fs.readdirSync(directory)).toEqual(['run.yaml']);
  },
);
