import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { childrenOf } from '../../local/node/isolation/processes.ts';
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
  60_000,
);

/** The processes that a process started, and those that they started. */
function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** `npm start`, until its steps run. `processes` are npm, the shell that it starts where that stays, the launcher and the product. */
async function npmStart(isolation: string): Promise<{ npm: number; processes: number[] }> {
  const env = {
    ...{ PATH: process.env.PATH, HOME: directory, TMPDIR: directory, LANG: 'C.UTF-8' },
    ...{ npm_config_update_notifier: 'false', npm_config_logs_max: '0', npm_config_cache: path.join(directory, 'npm') },
  };
  const child = spawn('npm', ['start', '--', '--isolation', isolation], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => said.includes(' │ '), 'the first line of a step', 50_000);
  const npm = child.pid ?? 0;
  const named = (pid: number): boolean => /cli\/(launcher\.cjs|main\.[jt]s)/.test(commandLine(pid));
  return { npm, processes: [npm, ...descendantsOf(npm).filter(named)] };
}

const commandLine = (pid: number): string => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');

const made = (): string[] => fs.readdirSync(directory).filter((name) => name !== 'npm');

test.each(
  isolations.flatMap((isolation) => (['npm', 'the launcher'] as const).map((who) => [who, isolation] as const)),
)(
  'npm start, and %s is killed: the product ends, and leaves nothing, with isolation %s',
  async (who, isolation) => {
    const { npm, processes } = await npmStart(isolation);
    expect(made()).toEqual([expect.stringMatching(/^tektrace-/)]);
    const launcher = processes.find((pid) => commandLine(pid).includes('cli/launcher.cjs')) ?? 0;
    process.kill(who === 'npm' ? npm : launcher, 'SIGKILL');
    for (const pid of processes) await ends(pid);
    expect(made()).toEqual([]);
  },
  90_000,
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
  60_000,
);
