import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface CommandOptions {
  env: NodeJS.ProcessEnv;
  stdoutPath: string;
  stderrPath: string;
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
  if (error.code === 'EACCES') return new StartError(`${program}: permission denied`, 126);
  return new StartError(`${program}: ${error.message}`, 126);
}

/** Output goes straight to ours; with a path, through `tee`, so that the copy is complete however the step ends. */
function output(file: string): {
  stdio: 'inherit' | 'pipe';
  attach(stream: NodeJS.ReadableStream | null, to: NodeJS.WritableStream): Promise<void>;
} {
  if (file === '') return { stdio: 'inherit', attach: async () => undefined };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const copy = fs.openSync(file, 'a', 0o644);
  return {
    stdio: 'pipe',
    attach: async (stream, to) => {
      if (!stream) return;
      for await (const chunk of stream) {
        fs.writeSync(copy, chunk as Buffer);
        if (!to.write(chunk as Buffer)) await new Promise((resolve) => to.once('drain', resolve));
      }
      fs.closeSync(copy);
    },
  };
}

/**
 * Runs the step's command in a process group of its own, hands it our signals, and resolves with its exit code (128 + signal number
 * when a signal ended it). Throws StartError when it can't be started, the signal's reason when aborted.
 */
export async function runCommand(command: string[], options: CommandOptions): Promise<number> {
  const [program = '', ...args] = command;
  const out = output(options.stdoutPath);
  const err = output(options.stderrPath);
  const child = spawn(program, args, { env: options.env, detached: true, stdio: ['inherit', out.stdio, err.stdio] });
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
    const copied = Promise.all([out.attach(child.stdout, process.stdout), err.attach(child.stderr, process.stderr)]);
    const exitCode = await ended;
    await copied;
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
