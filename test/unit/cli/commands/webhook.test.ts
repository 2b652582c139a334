import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { afterEach, beforeEach, expect, test } from '@jest/globals';

const main = resolve(import.meta.dirname, '../../../../cli/main.ts');

let directory: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tektrace-webhook-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

type Line = Record<string, unknown>;

/** `tektrace webhook` with an API server that nobody can reach, and the lines of its log as they come. */
async function start(...args: string[]): Promise<AsyncIterator<Line>> {
  const kubeconfig = join(directory, 'kubeconfig');
  const config = {
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user: {} }],
    'current-context': 'c',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', main, 'webhook', '--port=0', `--kubeconfig=${kubeconfig}`, ...args],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const lines = createInterface({ input: child.stderr! });
  return (async function* () {
    for await (const line of lines) yield JSON.parse(line) as Line;
  })();
}

async function until(lines: AsyncIterator<Line>, message: string): Promise<Line> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the log ended before: ${message}`);
    if (value.message === message) return value;
  }
}

test('SIGUSR2 switches the level of its log, and SIGTERM ends it while it waits for the API server', async () => {
  const lines = await start('--health-port=0');
  expect(await until(lines, 'list or watch failed, trying again')).toMatchObject({ level: 'warn' });
  child?.kill('SIGUSR2');
  expect(await until(lines, 'the log level changed')).toMatchObject({ to: 'debug' });
  child?.kill('SIGUSR2');
  expect(await until(lines, 'the log level changed')).toMatchObject({ to: 'info' });
  child?.kill('SIGTERM');
  expect(await once(child!, 'exit')).toEqual([0, null]);
});

test('an error that ends it is one line of its log, with the stack', async () => {
  const taken = http.createServer().listen(0);
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const lines = await start(`--health-port=${port}`);
  const line = await until(lines, 'ended by an error');
  expect(line.level).toBe('error');
  expect(line.error).toContain('EADDRINUSE');
  expect(line.stack).toContain('at ');
  taken.close();
});
