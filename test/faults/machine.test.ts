import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, expect, test } from '@jest/globals';

import { isolations, switchUsers } from '../support/isolations.ts';
import { canMount, withTemporaryFileSystem } from './support/mounts.ts';
import {
  expectEnd,
  letGo,
  makeDirectory,
  moduleOf,
  cleanUp,
  start,
  taskRun,
  UNTIL_LET_GO,
  WAITING,
} from './support/product.ts';

const HELLO = taskRun('echo hello');
const LONG_MS = 240_000;

afterEach(cleanUp);

if (canMount) {
  test.each(isolations)(
    'a step fills the disk: it fails with what it says, one warning names the disk, with isolation %s',
    async (isolation) => {
      const fill = taskRun('dd if=/dev/zero of=/workspace/x bs=1M count=50 || echo "dd: $?"; exit 3');
      const product = start(fill, { isolation, within: withTemporaryFileSystem('size=3m') });
      await expectEnd(product, 1);
      expect(product.said()).toContain('No space left on device');
      expect(product.said()).toContain('dd: 1');
      expect(product.said()).not.toContain('LEFT');
      expect(product.said().match(/can not be written to its log/g) ?? []).toHaveLength(1);
    },
    LONG_MS,
  );

  test('a disk too small for a step: the run fails with the reason', async () => {
    const product = start(HELLO, { within: withTemporaryFileSystem('size=128k') });
    await expectEnd(product, 1);
    expect(product.said()).toContain('the disk is full: free some space');
    expect(product.said()).not.toContain('LEFT');
  });

  test.each([
    ['size=16k', 'the disk is full'],
    ['size=3m,ro', 'the file system is read-only'],
  ])('TMPDIR on a disk that can not be written (%s): nothing starts, and it is named', async (mount, reason) => {
    const product = start(HELLO, { within: withTemporaryFileSystem(mount) });
    await expectEnd(product, 1);
    expect(product.said()).toContain(reason);
    expect(product.said()).toContain(`files in ${product.temporary}`);
    expect(product.said()).toContain('Set TMPDIR');
    expect(product.said()).not.toContain('LEFT');
  });
}

test('TMPDIR is not there, or is a file', async () => {
  const directory = makeDirectory();
  const file = path.join(directory, 'file');
  fs.writeFileSync(file, '');
  for (const [temporary, reason] of [
    [path.join(directory, 'none'), 'there is no such file or directory'],
    [file, 'is a file, not a directory'],
  ] as const) {
    const product = start(HELLO, { temporary });
    await expectEnd(product, 1);
    expect(product.said()).toContain(reason);
    expect(product.said()).toContain('Set TMPDIR');
  }
});

test('too few descriptors for a step: nothing starts', async () => {
  const product = start(HELLO, { within: ['prlimit', '--nofile=50:50', '--'] });
  await expectEnd(product, 1);
  expect(product.said()).toMatch(/50 files open \(ulimit -n\).*raise the limit/);
});

test(
  'descriptors run out while a run goes on: its tasks fail with the reason, the product goes on to the end',
  async () => {
    const workspaces = [{ name: 'w' }];
    // None ends before descriptors have run out, however slowly they start.
    const tasks = Array.from({ length: 16 }, (_, index) => ({
      ...{ name: `t${index}`, workspaces },
      taskSpec: { workspaces, steps: [{ name: 's', image: 'alpine', script: UNTIL_LET_GO }] },
    }));
    const run = {
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      metadata: { generateName: 'fault-' },
      spec: { workspaces, pipelineSpec: { workspaces, tasks } },
    };
    const product = start(JSON.stringify(run), { within: ['prlimit', '--nofile=96:96', '--'] });
    await product.says(/EMFILE/);
    letGo(product);
    await expectEnd(product, 1);
    expect(product.said()).toMatch(/EMFILE.*ulimit -n/);
    expect(product.said().match(/trying again/g)?.length ?? 0).toBeLessThan(tasks.length);
  },
  LONG_MS,
);

/** Root may start any number of processes; it becomes another user that may still read this project. */
const LIMITED_USER = '61234';
const asUser = ['setpriv', '--reuid', LIMITED_USER, '--regid', LIMITED_USER, '--clear-groups'];
const asLimitedUser = switchUsers
  ? [...asUser, '--inh-caps', '+dac_read_search', '--ambient-caps', '+dac_read_search', '--']
  : [];

test('too few processes for a step: nothing starts', async () => {
  const product = start(HELLO, { within: [...asLimitedUser, 'prlimit', '--nproc=15', '--'] });
  await expectEnd(product, 1);
  expect(product.said()).toMatch(/15 processes and threads \(ulimit -u\).*raise the limit/);
});

/** How many processes and threads the limited user has. */
const countProcesses = (uid: string): number =>
  spawnSync('ps', ['-L', '-u', uid, '-o', 'lwp=']).stdout.toString().trim().split('\n').length;

/** Runs a second task after a first one that waits; `nproc` is set in between. */
const TWO_TASKS = JSON.stringify({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'fault-' },
  spec: {
    workspaces: [{ name: 'w' }],
    pipelineSpec: {
      workspaces: [{ name: 'w' }],
      tasks: [
        {
          name: 'one',
          workspaces: [{ name: 'w' }],
          taskSpec: { workspaces: [{ name: 'w' }], steps: [{ name: 's', image: 'alpine', script: WAITING }] },
        },
        { name: 'two', runAfter: ['one'], taskSpec: { steps: [{ name: 's', image: 'alpine', script: 'echo third' }] } },
      ],
    },
  },
});

/** The larger `fewer`, the earlier the first process that is refused: the entrypoint's, the container's shell, the product's own child. */
const REFUSED = isolations.flatMap((isolation) => [2, 5, 30].map((fewer) => ({ isolation, fewer })));

if (switchUsers)
  test.each(REFUSED)(
    'processes run out while a run goes on: its task fails and names it, the product goes on to the end ($isolation, $fewer)',
    async ({ isolation, fewer }) => {
      const product = start(TWO_TASKS, { isolation, within: asLimitedUser });
      await product.says(/│ first/);
      const limit = Math.max(1, countProcesses(LIMITED_USER) - fewer);
      const set = [...asUser, 'prlimit', '--pid', String(product.pid), `--nproc=${limit}:${limit}`];
      expect(spawnSync(set[0] ?? '', set.slice(1)).stderr.toString()).toBe('');
      letGo(product);
      await expectEnd(product, 1);
      expect(product.said()).toContain('│ second');
      expect(product.said()).not.toContain('│ third');
      expect(product.said()).toMatch(/can start no more processes|Cannot fork|Resource temporarily unavailable/);
    },
    LONG_MS,
  );

/** A directory with links to all programs of PATH but one. */
function programsWithout(missing: string): string {
  const directory = makeDirectory();
  const programs = new Map<string, string>();
  for (const from of (process.env.PATH ?? '').split(':').filter((entry) => fs.existsSync(entry)))
    for (const name of fs.readdirSync(from)) if (!programs.has(name)) programs.set(name, path.join(from, name));
  programs.delete(missing);
  for (const [name, file] of programs) fs.symlinkSync(file, path.join(directory, name));
  return directory;
}

test.each([
  ['mkfifo', 'coreutils'],
  ['base64', 'coreutils'],
])('%s is not installed: it and its package are named', async (tool, source) => {
  const product = start(HELLO, { isolation: 'plain', env: { PATH: programsWithout(tool) } });
  await expectEnd(product, 1);
  expect(product.said()).toContain(`${tool} is not installed, or not in PATH: install it (Debian package ${source})`);
});

test.each(isolations)(
  'the folder of a log is removed while its step runs: the step goes on, with isolation %s',
  async (isolation) => {
    const product = start(taskRun(WAITING), { isolation });
    await product.says(/│ first/);
    for (const own of fs.readdirSync(product.temporary))
      for (const pod of fs.globSync(path.join(product.temporary, own, 'pods', '*')))
        fs.rmSync(path.join(pod, 'logs'), { recursive: true });
    letGo(product);
    await expectEnd(product, 0);
    expect(product.said()).toMatch(/│ second|it was removed while the container ran/);
  },
);

test('the clock is set back an hour during a run: the run ends normally', async () => {
  const setBack = `process.on('SIGUSR2', () => {
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...args) { if (args.length === 0) super(Real.now() - 3600000); else super(...args); }
      static now() { return Real.now() - 3600000; }
    };
    console.error('clock set back');
  })`;
  const product = start(taskRun(WAITING), { env: { NODE_OPTIONS: moduleOf(setBack) } });
  await product.says(/│ first/);
  process.kill(product.pid, 'SIGUSR2');
  await product.says(/clock set back/);
  letGo(product);
  await expectEnd(product, 0);
  expect(product.said()).toContain('│ second');
  expect(product.said()).toContain('Succeeded');
});

test(
  'the product is stopped for a minute: the run goes on, and its output is whole',
  async () => {
    const product = start(taskRun(WAITING));
    await product.says(/│ first/);
    process.kill(product.pid, 'SIGSTOP');
    letGo(product);
    await delay(60_000);
    process.kill(product.pid, 'SIGCONT');
    await expectEnd(product, 0);
    expect(product.said()).toContain('│ second');
  },
  LONG_MS,
);

test.each([
  ['an error that no one catches', `throw new Error('injected')`],
  ['a promise that no one awaits', `Promise.reject(new Error('injected'))`],
  ['an event error that no one hears', `new (require('events'))().emit('error', new Error('injected'))`],
])('%s: one sentence, everything is removed, exit code 70', async (_, code) => {
  const source = `import { createRequire } from 'node:module'; const require = createRequire('/'); process.on('SIGUSR2', () => { ${code} })`;
  const product = start(taskRun(WAITING), { env: { NODE_OPTIONS: moduleOf(source) } });
  await product.says(/│ first/);
  process.kill(product.pid, 'SIGUSR2');
  await expectEnd(product, 70);
  expect(product.said()).toContain('ended by an unexpected error: injected');
});
