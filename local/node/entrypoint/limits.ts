import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What the launcher tells the entrypoint: the path of prlimit(1), if there is one, and how many files the step may have open. */
export const PRLIMIT_VARIABLE = 'TEKTRACE_PRLIMIT';
export const OPEN_FILES_VARIABLE = 'TEKTRACE_OPEN_FILES';

/**
 * Node raises its soft limit of open files as far as it can when it starts; the step would inherit that. Puts it back, as Go's runtime does
 * for what it starts. Where prlimit is missing or not allowed the step has the higher one, which is no reason to fail it.
 */
export async function restoreOpenFiles(env: NodeJS.ProcessEnv): Promise<void> {
  const { [PRLIMIT_VARIABLE]: prlimit, [OPEN_FILES_VARIABLE]: files } = env;
  if (!prlimit || !files || !/^\d+$/.test(files)) return;
  const change = promisify(execFile)(prlimit, [`--pid=${process.pid}`, `--nofile=${files}:`], { env: {} });
  await change.catch(() => undefined);
}
