import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Variables from the launcher: the path of prlimit(1), if installed, and the step's limit of open files. */
export const PRLIMIT_VARIABLE = 'TEKTRACE_PRLIMIT';
export const OPEN_FILES_VARIABLE = 'TEKTRACE_OPEN_FILES';

/**
 * Node raises its soft limit of open files to the maximum at its start, and the step would inherit that. Restores it, as Go's runtime does
 * for its children. Without prlimit or the permission the step keeps the higher limit.
 */
export async function restoreOpenFiles(env: NodeJS.ProcessEnv): Promise<void> {
  const { [PRLIMIT_VARIABLE]: prlimit, [OPEN_FILES_VARIABLE]: files } = env;
  if (!prlimit || !files || !/^\d+$/.test(files)) return;
  const change = promisify(execFile)(prlimit, [`--pid=${process.pid}`, `--nofile=${files}:`], { env: {} });
  await change.catch(() => undefined);
}
