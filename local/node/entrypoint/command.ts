import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { hasNoFormat, TOO_LONG } from './executable.ts';
import { openPipe } from './pipe.ts';
import { writeAll } from './write.ts';

/** The path of mkfifo(1) for the entrypoint; the step does not get it. */
export const MKFIFO_VARIABLE = 'TEKTRACE_MKFIFO';

export interface CommandOptions {
  env: NodeJS.ProcessEnv;
  stdoutPath: string;
  stderrPath: string;
  /** Where a pipe can be made. */
  pipeDirectory: string;
  /** Aborted to end the step: its whole process group is killed. */
  signal: AbortSignal;
}

const FORWARDED: NodeJS.Signals[] = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGWINCH',
  'SIGCONT',
];

/** The program cannot be started; `exitCode` is what a shell would say: 127 not found, 126 not executable. */
export class StartError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

function startError(program: string, error: NodeJS.ErrnoException): StartError {
  if (error.code === 'ENOENT') {
    const why =
      program.includes('/') && fs.existsSync(program)
        ? 'its interpreter (the #! line) is not on this machine'
        : 'no such program on this machine';
    return new StartError(`${program}: ${program.includes('/') ? why : 'executable file not found in $PATH'}`, 127);
  }
  if (error.code === 'E2BIG') return new StartError(`${program}: ${TOO_LONG}`, 126);
  if (error.code === 'EACCES') return new StartError(`${program}: permission denied`, 126);
  return new StartError(`${program}: ${error.message}`, 126);
}

/** Throws StartError for what can be known before the start, and for what Node throws instead of emitting it. */
function startProgram(program: string, args: string[], options: SpawnOptions): ChildProcess {
  if (program === '') throw new StartError("the first word of the step's command is empty", 127);
  if (hasNoFormat(program, options.env?.PATH ?? ''))
    throw new StartError(`${program}: exec format error: it is no binary, and its first line is no #! line`, 126);
  try {
    return spawn(program, args, options);
  } catch (error) {
    throw startError(program, error as NodeJS.ErrnoException);
  }
}

interface Output {
  /** What the step's process gets as its descriptor. */
  stdio: number | 'inherit';
  /** Call it when the process has its own copy. Resolves when all output is in both places; rejects if a write fails. */
  copied(): Promise<void>;
}

/** Output goes directly to our `fd`; with a path, also to the end of that file, complete however the step ends. */
async function output(fd: 1 | 2, file: string, pipeDirectory: string): Promise<Output> {
  if (file === '') return { stdio: 'inherit', copied: async () => undefined };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const copy = fs.openSync(file, 'a', 0o644);
  const pipe = await openPipe(pipeDirectory, 1, process.env[MKFIFO_VARIABLE] ?? 'mkfifo');
  return {
    stdio: pipe.writers[0] ?? 'inherit',
    async copied() {
      pipe.release();
      try {
        for await (const chunk of pipe.reader) {
          await writeAll(fd, chunk);
          await writeAll(copy, chunk);
        }
      } finally {
        fs.closeSync(copy);
      }
    },
  };
}

/**
 * Runs the step's command in its own process group, forwards our signals, and resolves with its exit code (128 + signal number when a
 * signal ended it). Throws StartError when it can't be started, the signal's reason when aborted.
 */
export async function runCommand(command: string[], options: CommandOptions): Promise<number> {
  const [program = '', ...args] = command;
  const out = await output(1, options.stdoutPath, options.pipeDirectory);
  const err = await output(2, options.stderrPath, options.pipeDirectory);
  const stdio: SpawnOptions['stdio'] = ['inherit', out.stdio, err.stdio];
  const child = startProgram(program, args, { env: options.env, detached: true, stdio });
  const forward = (name: NodeJS.Signals): void => killGroup(child.pid, name);
  for (const name of FORWARDED) process.on(name, forward);
  const kill = (): void => killGroup(child.pid, 'SIGKILL');
  options.signal.addEventListener('abort', kill);
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.on('error', (error) => reject(startError(program, error)));
      child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? os.constants.signals[signal] : 0)));
    });
    if (options.signal.aborted) kill();
    // A failed copy ends the reading, and SIGPIPE ends a step that still writes: the error is reported after its end.
    const copied = Promise.allSettled([out.copied(), err.copied()]);
    const exitCode = await ended;
    for (const copy of await copied) if (copy.status === 'rejected') throw copy.reason;
    if (options.signal.aborted) throw options.signal.reason;
    return exitCode;
  } finally {
    options.signal.removeEventListener('abort', kill);
    for (const name of FORWARDED) process.off(name, forward);
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
