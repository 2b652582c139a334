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
