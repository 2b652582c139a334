import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { peerProgram } from './binaries.ts';
import type { PeerProgram } from './binaries.ts';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Far above what a busy machine needs. */
const TIMEOUT_MS = 180_000;

/** Runs a peer's program to its end and gives its standard output. Throws with its standard error when it exits with another code than 0. */
export async function runPeer(
  program: PeerProgram,
  args: string[],
  options: { timeoutMs?: number } = {},
): Promise<string> {
  const { stdout } = await run(peerProgram(program), args, {
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: options.timeoutMs ?? TIMEOUT_MS,
  });
  return stdout;
}
