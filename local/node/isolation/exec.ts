import { spawn } from 'node:child_process';
import os from 'node:os';

import type { OutputReader } from '../entrypoint/pipe.ts';
import { openOutput } from './output.ts';
import { sendSignal } from './processes.ts';

export interface ExecResult {
  exitCode: number;
  /** Standard output and error in the order in which they were written: the first MAX_OUTPUT_BYTES. */
  output: string;
}

export interface ExecOptions {
  env: Record<string, string>;
  cwd: string;
  /** The directory for its pipe. */
  directory: string;
  /** Its standard input. */
  input: string;
  signal: AbortSignal;
}

/** The kubelet's limit for a probe's output. */
const MAX_OUTPUT_BYTES = 10 * 1024;

async function head(output: OutputReader): Promise<string> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of output) {
    if (bytes < MAX_OUTPUT_BYTES) kept.push(Buffer.from(chunk.subarray(0, MAX_OUTPUT_BYTES - bytes)));
    bytes += chunk.length;
  }
  return Buffer.concat(kept).toString('utf8');
}

/** Runs a command in its own session. Throws if it can't be started. If the signal aborts, kills it and throws the signal's reason. */
export async function exec(command: string[], options: ExecOptions): Promise<ExecResult> {
  const { env, cwd, directory, input, signal } = options;
  const [file = '', ...args] = command;
  signal.throwIfAborted();
  const pipe = await openOutput(directory);
  const child = spawn(file, args, { env, cwd, detached: true, stdio: ['pipe', ...pipe.writers] });
  pipe.release();
  const kill = (): void => {
    if (child.pid !== undefined) sendSignal(-child.pid, 'SIGKILL');
    pipe.reader.destroy(signal.reason as Error);
  };
  signal.addEventListener('abort', kill);
  child.stdin?.on('error', () => undefined); // It ended without reading: its exit code has the reason.
  child.stdin?.end(input);
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, name) => resolve(code ?? 128 + (name ? os.constants.signals[name] : 0)));
  });
  try {
    if (signal.aborted) kill();
    const [exitCode, output] = await Promise.all([ended, head(pipe.reader)]);
    return { exitCode, output };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
