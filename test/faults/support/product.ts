import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect } from '@jest/globals';

import { until } from '../../e2e/support/run.ts';

export interface Product {
  pid: number;
  /** Where its temporary files are. */
  temporary: string;
  /** A directory that its steps have as workspace `w`. */
  workspace: string;
  /** What it said so far, on both streams. */
  said: () => string;
  /** Resolves when it has said this. */
  says: (text: RegExp) => Promise<unknown>;
  /** Resolves with the exit code; a signal's name when one ended it. */
  ended: Promise<number | string>;
}

export interface ProductOptions {
  /** A command that runs what follows it. */
  within?: string[];
  env?: Record<string, string>;
  isolation?: string;
  /** Is made a file system of its own, or what else a test needs. */
  temporary?: string;
}

/** Far above what a busy machine needs. */
const SAYS_TIMEOUT_MS = 80_000;

const made: string[] = [];
const running = new Set<number>();

export function makeDirectory(): string {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'test-faults-'));
  fs.chmodSync(directory, 0o777);
  made.push(directory);
  return directory;
}

/** To be called after each test: what a failed one left behind is ended and removed, too. */
export function cleanUp(): void {
  for (const pid of running) process.kill(pid, 'SIGKILL');
  running.clear();
  for (const directory of made.splice(0)) fs.rmSync(directory, { recursive: true, force: true });
}

/** Runs the real command on this run, in a process of its own. */
export function start(run: string, options: ProductOptions = {}): Product {
  const { within = [], env = {}, isolation = 'auto', temporary = makeDirectory() } = options;
  const workspace = makeDirectory();
  const file = path.join(makeDirectory(), 'run.yaml');
  fs.writeFileSync(file, run);
  const [program = '', ...args] = [
    ...within,
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    ...['cli/main.ts', 'run', '--isolation', isolation, '-f', file],
    ...(run.includes('"workspaces"') ? ['-w', `w=${workspace}`] : []),
  ];
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: '/', LANG: 'C.UTF-8', TMPDIR: temporary, ...env },
  });
  if (child.pid !== undefined) running.add(child.pid);
  child.on('exit', () => running.delete(child.pid ?? 0));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  return {
    pid: child.pid ?? 0,
    temporary,
    workspace,
    said: () => said,
    says: (text) => until(() => text.test(said), `${text} in: ${said}`, SAYS_TIMEOUT_MS),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve(code ?? String(signal)));
    }),
  };
}

/** The command lines of processes that name the directory. */
function processesOf(directory: string): string[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => {
      try {
        return fs.readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ');
      } catch {
        return ''; // It ended while we looked.
      }
    })
    .filter((line) => line.includes(directory));
}

/** What the product said holds no stack trace, of Node's or of JavaScript. */
export function expectNoStack(said: string): void {
  expect(said).not.toMatch(/^\s+at .*:\d+:\d+\)?$|stack trace|^Node\.js v\d/im);
}

/** Waits for the end with this exit code; no stack trace was printed, and no file, process or mount of it is left. */
export async function expectEnd(product: Product, code: number): Promise<void> {
  const ended = await product.ended;
  expect({ ended, said: product.said() }).toEqual({ ended: code, said: expect.any(String) });
  expectNoStack(product.said());
  if (fs.statSync(product.temporary, { throwIfNoEntry: false })?.isDirectory())
    expect(fs.readdirSync(product.temporary)).toEqual([]);
  expect(processesOf(product.temporary)).toEqual([]);
  expect(fs.readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(product.temporary);
}

/** A TaskRun whose step runs this script, with a workspace `w`. */
export const taskRun = (script: string): string =>
  JSON.stringify({
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { generateName: 'fault-' },
    spec: {
      timeout: '5m',
      taskSpec: { workspaces: [{ name: 'w' }], steps: [{ name: 's', image: 'alpine', script }] },
    },
  });

/** Waits for the file `go` in its workspace. */
export const UNTIL_LET_GO = 'until [ -e $(workspaces.w.path)/go ]; do sleep 0.1; done';

/** A step that says `first`, waits for the file `go` in its workspace, and says `second`. */
export const WAITING = `echo first; ${UNTIL_LET_GO}; echo second`;

/** Lets such a step go on. */
export const letGo = ({ workspace }: Product): void => fs.writeFileSync(path.join(workspace, 'go'), '');

export const moduleOf = (source: string): string => `--import data:text/javascript,${encodeURIComponent(source)}`;
