import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { MERGE_PATCH, PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { startCli, withIsolation } from './support/cli.ts';
import { until } from './support/run.ts';
import { named, spansOf } from './support/trace.ts';

/** The step does not hear SIGTERM; the finally task says so and, with `hang`, does not end. */
const pipeline = (hang: boolean, spec = ''): string => `
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: interrupted-}
spec:
  ${spec}
  pipelineSpec:
    tasks: [{name: work, taskSpec: {steps: [{name: s, image: busybox, script: "trap '' TERM; printf '\\\\033[32mworking\\\\033[0m\\\\n'; ${spec === '' ? 'sleep 60' : ''}"}]}}]
    finally: [{name: after, taskSpec: {steps: [{name: s, image: busybox, script: "echo cleaning; ${hang ? 'sleep 60' : ''}"}]}}]
`;

const task = (name: string, script: string): string =>
  `apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {generateName: ${name}-}\nspec: {taskSpec: {steps: [{name: s, image: busybox, script: "${script}"}]}}\n`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'tektrace-e2e-'));
  await writeFile(path.join(directory, 'ends.yaml'), pipeline(false));
  await writeFile(path.join(directory, 'hangs.yaml'), pipeline(true));
  await writeFile(path.join(directory, 'pending.yaml'), pipeline(false, 'status: PipelineRunPending'));
  await writeFile(file('short.yaml'), task('short', 'seq 100'));
  await writeFile(file('talks.yaml'), task('talks', 'while echo talking; do sleep 0.2; done'));
});
afterAll(() => rm(directory, { recursive: true }));

const file = (name: string): string => path.join(directory, name);
const traceOf = async (name: string) => spansOf(JSON.parse(await readFile(file(name), 'utf8')) as TracesData);

/** Resolves when the program has written what is waited for. */
const says = (child: ReturnType<typeof startCli>, what: RegExp): Promise<RegExpExecArray> =>
  until(() => what.exec(child.output().stdout) ?? undefined, `it says ${what}`);
const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('close', (code) => resolve(code)));

test.each([
  ['SIGINT', 'Ctrl-C', 130],
  ['SIGTERM', 'SIGTERM', 143],
  ['SIGHUP', 'SIGHUP', 129],
] as const)('%s cancels the run, whose finally tasks run, and shows its end and trace', async (signal, word, code) => {
  const child = startCli(['run', '-f', file('ends.yaml'), '--trace-out', file(`${signal}.json`)]);
  const exit = exitOf(child);
  await says(child, /working/);
  child.kill(signal);
  expect(await exit).toBe(code);
  const { stdout, stderr } = child.output();
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    new RegExp(
      `${word}: cancelling PipelineRun interrupted-\\w+; its finally tasks still run\\n {2}a second ${word} ends at once`,
    ),
  );
  expect(stdout).toContain('after s │ cleaning');
  expect(stdout).toMatch(
    new RegExp(`Cancelled  default/interrupted-\\w+\\n  cancelled by ${word}\\n  work › s  cancelled\\n`),
  );
  expect(named(await traceOf(`${signal}.json`), 'RUN interrupted').attributes).toMatchObject({
    'cicd.pipeline.result': 'cancellation',
  });
});

test('a second signal ends at once, with the trace so far', async () => {
  const child = startCli(['run', '-f', file('hangs.yaml'), '--trace-out', file('second.json')]);
  const exit = exitOf(child);
  await says(child, /working/);
  child.kill('SIGINT');
  await says(child, /cleaning/);
  child.kill('SIGTERM');
  expect(await exit).toBe(143);
  expect(child.output().stdout).toContain('SIGTERM: ended before the run was');
  expect(child.output().stdout).toMatch(
    /default\/interrupted-\w+ · running · [^]*running…[^]*waited [^]*cluster is removed/,
  );
  const names = (await traceOf('second.json')).map(({ name }) => name);
  expect(names).toContain('PipelineRun:ReconcileKind');
  expect(names).not.toContain('RUN interrupted');
});

test('--timeout cancels as a signal does, and the run has failed', async () => {
  const child = startCli(['run', '-f', file('ends.yaml'), '--timeout', '3s']);
  expect(await exitOf(child)).toBe(1);
  expect(child.output().stdout).toContain('--timeout 3s: cancelling');
  expect(child.output().stdout).toContain('cancelled by --timeout 3s');
});

test('a pending run says so, and goes on when it is started as it says', async () => {
  const child = startCli(['run', '-f', file('pending.yaml')]);
  const exit = exitOf(child);
  const [, kubeconfig = '', name, namespace, patch = ''] = await says(
    child,
    /kubectl --kubeconfig (\S+) patch pipelinerun (\S+) -n (\S+) --type merge -p '(.+)'\n/,
  );
  expect(child.output().stdout).toMatch(/pending since \d{4}-\d\d-\d\dT\S+ \(spec\.status: PipelineRunPending\)/);
  const client = createKubeClient(loadKubeConfig({ file: kubeconfig }));
  const body = JSON.parse(patch) as object;
  await client.request('PATCH', resourcePath(PIPELINE_RUNS, { namespace, name }), { body, contentType: MERGE_PATCH });
  client.close();
  expect(await exit).toBe(0);
  expect(child.output().stdout).toContain('  started\n');
});

test('a reader that goes away ends it soon and quietly', async () => {
  const child = startCli(['run', '-f', file('talks.yaml')]);
  const exit = exitOf(child);
  await says(child, /TaskRun/);
  child.stdout?.destroy();
  expect(await exit).toBe(141);
  expect(child.output().stderr).toBe('');
});

test('a standard output that can’t be written changes nothing but one warning', async () => {
  const full = await open('/dev/full', 'w');
  const child = spawn(
    process.execPath,
    ['cli/main.ts', ...withIsolation(['run', '-f', file('short.yaml'), '--trace-out', file('full.json')])],
    { stdio: ['ignore', full.fd, 'pipe'], env: { PATH: process.env.PATH, HOME: process.env.HOME } },
  );
  let stderr = '';
  child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
  expect(await exitOf(child)).toBe(0);
  await full.close();
  expect(stderr.match(/can't write to standard output/g)).toHaveLength(1);
  expect(stderr).toContain('ENOSPC');
  expect(named(await traceOf('full.json'), 'RUN short').attributes).toMatchObject({
    'cicd.pipeline.result': 'success',
  });
});

test('a signal before the command listens ends the launcher by that signal, as it ended the command', async () => {
  // Reads its file from a standard input that stays open.
  const launcher = spawn(process.execPath, ['cli/launcher.cjs', 'run', '-f', '-'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const exit = new Promise((resolve) => launcher.once('close', (code, signal) => resolve({ code, signal })));
  const children = `/proc/${launcher.pid}/task/${launcher.pid}/children`;
  await until(async () => (await readFile(children, 'utf8')) !== '', 'the launcher has started the command');
  launcher.kill('SIGTERM');
  expect(await exit).toEqual({ code: null, signal: 'SIGTERM' });
});

/** Keeps the embedded cluster from getting its first port before the process has heard SIGINT: so it is certain that it still starts then. */
const PORTS_AFTER_SIGINT = `
import net from 'node:net';
const { listen } = net.Server.prototype;
const waiting = [];
let heard = false;
const alive = setInterval(() => undefined, 1000);
process.once('SIGINT', () => {
  heard = true;
  clearInterval(alive);
  setImmediate(() => waiting.forEach((go) => go()));
});
net.Server.prototype.listen = function (...args) {
  if (heard) return listen.apply(this, args);
  waiting.push(() => listen.apply(this, args));
  return this;
};`;

test.each([
  ['run', () => ['run', '-f', file('ends.yaml')], 'Ctrl-C: no run was started\n'],
  ['up', () => ['up'], 'Ctrl-C: ended before the cluster was ready; all that was made is removed\n'],
])('an interrupt while the embedded cluster of %s starts ends it, and leaves nothing', async (name, args, said) => {
  const temporary = file(`early-${name}`);
  await mkdir(temporary);
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(PORTS_AFTER_SIGINT)}`;
  const child = startCli(args(), { env: { TMPDIR: temporary, NODE_OPTIONS } });
  const exit = exitOf(child);
  await until(async () => (await readdir(temporary)).length > 0, 'it has made something');
  child.kill('SIGINT');
  expect(await exit).toBe(130);
  expect(child.output()).toMatchObject({ stdout: said, stderr: '' });
  expect(await readdir(temporary)).toEqual([]);
});

describe('a terminal that is closed', () => {
  /** As an interactive shell does it: the session's leader hears SIGHUP, and hands it on to all processes of the command. */
  const AS_A_SHELL = `trap "trap '' HUP; kill -HUP 0" HUP
"$@" <&0 &
child=$!
while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
echo $code > "$CODE"`;

  test.each([
    ['run', () => ['run', '-f', file('ends.yaml'), '--trace-out', file('closed.json')]],
    ['up', () => ['up', '--run', file('ends.yaml')]],
  ])('%s ends with 129, and what was made is removed', async (name, args) => {
    const temporary = file(`closed-${name}`);
    const code = file(`closed-${name}.code`);
    await mkdir(temporary);
    const words = [process.execPath, 'cli/launcher.cjs', ...withIsolation(args())];
    const command = ['exec', 'sh', '-c', AS_A_SHELL, 'shell', ...words]
      .map((word) => `'${word.replaceAll("'", `'\\''`)}'`)
      .join(' ')
      .replace(/^'exec'/, 'exec');
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, SHELL: '/bin/sh', LANG: 'C.UTF-8', TMPDIR: temporary, CODE: code },
    });
    let screen = '';
    child.stdout.on('data', (data: Buffer) => (screen += data.toString()));
    await until(() => screen.includes('working'), 'the step works');
    child.kill('SIGKILL');
    const written = await until(() => readFile(code, 'utf8').catch(() => undefined), 'it has ended');
    expect(written).toBe('129\n');
    expect(await readdir(temporary)).toEqual([]);
    if (name === 'run')
      expect(named(await traceOf('closed.json'), 'RUN interrupted').attributes).toMatchObject({
        'cicd.pipeline.result': 'cancellation',
      });
  });
});

describe('at a terminal, where Ctrl-C reaches the launcher and the product', () => {
  /** util-linux' script gives the command a terminal; what is written to it is typed there. */
  function atTerminal(args: string[], env: Record<string, string>) {
    const command = [process.execPath, 'cli/launcher.cjs', ...withIsolation(args)].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, SHELL: '/bin/sh', LANG: 'C.UTF-8', ...env },
    });
    let screen = '';
    child.stdout.on('data', (data: Buffer) => (screen += data.toString()));
    return { child, screen: () => screen };
  }

  test('one press cancels once, and colours stay', async () => {
    const { child, screen } = atTerminal(['run', '-f', file('ends.yaml'), '--progress', 'plain'], { TERM: 'xterm' });
    const exit = exitOf(child);
    await until(() => screen().includes('working'), 'the step works');
    child.stdin.write('\x03');
    expect(await exit).toBe(130);
    expect(screen()).toContain('\x1b[32mworking\x1b[0m');
    expect(screen().match(/Ctrl-C: cancelling/g)).toHaveLength(1);
    expect(screen()).toContain('cleaning');
    expect(screen()).not.toContain('ended before the run was');
  });

  test.each([{ TERM: 'dumb' }, { TERM: 'xterm', NO_COLOR: '1' }])('with %j nothing is coloured', async (env) => {
    const { child, screen } = atTerminal(['run', '-f', file('short.yaml')], env as Record<string, string>);
    expect(await exitOf(child)).toBe(0);
    // eslint-disable-next-line no-control-regex
    expect(screen()).not.toMatch(env.TERM === 'dumb' ? /\x1b/ : /\x1b\[[\d;]*m/);
  });
});
