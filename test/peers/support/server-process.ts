import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;
const STOP_TIMEOUT_MS = 15_000;
const LAST_LINES = 15;

export interface ServerProcess {
  /** The stop signal, and SIGKILL when it has not ended after 15 s. Resolves when the process is gone; a second call does nothing more. */
  stop(): Promise<void>;
  /** Sends a signal and waits for nothing. */
  signal(signal: NodeJS.Signals): void;
  /** The exit code once the process is gone; null when a signal ended it. */
  readonly exited: Promise<number | null>;
}

export interface ServerProcessOptions {
  /** What it is called in an error; the program's path unless told. */
  name?: string;
  program: string;
  args: string[];
  /** Receives standard output and standard error. */
  logFile: string;
  env?: Record<string, string>;
  /** Asked every 50 ms until it resolves to true; a rejection counts as not yet. */
  isReady: () => Promise<boolean>;
  startTimeoutMs: number;
  /** How it is asked to end; SIGTERM unless told. */
  stopSignal?: NodeJS.Signals;
}

function gone(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (gone(child)) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(killer);
}

/** Starts a server and waits until it answers. Throws, with the end of its log, when it ends first or is not ready in time. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const { program, name = program, args, logFile, isReady, startTimeoutMs, stopSignal = 'SIGTERM' } = options;
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { stdio: ['ignore', log, log], env: { ...process.env, ...options.env } });
  closeSync(log);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let spawnError: Error | undefined;
  child.once('error', (error) => (spawnError = error));

  const deadline = Date.now() + startTimeoutMs;
  while (!(await isReady().catch(() => false))) {
    const problem =
      spawnError?.message ?? (gone(child) ? `it ended with ${child.exitCode ?? child.signalCode}` : undefined);
    if (problem !== undefined || Date.now() > deadline) {
      await stop(child, 'SIGKILL');
      const tail = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LAST_LINES).join('\n');
      throw new Error(`${name} did not start: ${problem ?? `not ready after ${startTimeoutMs} ms`}\n${tail}`);
    }
    await delay(POLL_MS);
  }
  return { stop: () => stop(child, stopSignal), signal: (signal) => void child.kill(signal), exited };
}
