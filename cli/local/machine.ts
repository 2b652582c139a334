import fs from 'node:fs';
import os from 'node:os';

import { CommandError, reasonOf, sentence } from '../errors.ts';

/** Processes and threads that the cluster and one step (a shell, Node, the step's program) need in addition. */
const NEEDED_PROCESSES = 20;

/** Errors about the disk, not about one file. */
const OF_THE_DISK = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** Open files of the servers, their connections and one step, with a reserve. */
const NEEDED_FILES = 96;

/** A soft limit from the text of /proc/PID/limits (proc(5)). Undefined for `unlimited`. */
export function softLimit(limits: string, name: 'Max processes' | 'Max open files'): number | undefined {
  const [, soft] = new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

/** How many processes and threads a user has. */
function countProcesses(uid: number): number {
  let count = 0;
  for (const name of fs.readdirSync('/proc')) {
    try {
      if (/^\d+$/.test(name) && fs.statSync(`/proc/${name}`).uid === uid)
        count += fs.readdirSync(`/proc/${name}/task`).length;
    } catch {
      // The process ended meanwhile.
    }
  }
  return count;
}

/**
 * Throws CommandError (exit 1) if this process can't open enough files, or this user can't start enough processes, for one step. To be called
 * before anything starts: Node ends itself, or hangs, if it can't start a thread. Root may start any number (setrlimit(2), RLIMIT_NPROC).
 */
export function checkLimits(): void {
  const uid = process.getuid?.();
  if (uid === undefined || !fs.existsSync('/proc/self/limits')) return;
  const limits = fs.readFileSync('/proc/self/limits', 'latin1');
  const files = softLimit(limits, 'Max open files');
  if (files !== undefined && files < NEEDED_FILES)
    throw new CommandError(
      `this process may have ${files} files open (ulimit -n), and ${NEEDED_FILES} are needed: raise the limit`,
      1,
    );
  const limit = softLimit(limits, 'Max processes');
  if (uid === 0 || limit === undefined) return;
  const running = countProcesses(uid);
  if (limit - running >= NEEDED_PROCESSES) return;
  throw new CommandError(
    `this user may have ${limit} processes and threads (ulimit -u) and has ${running}; ${NEEDED_PROCESSES} more are needed: end other programs, or raise the limit`,
    1,
  );
}

/** A CommandError with the directory for temporary files, if `error` is about that directory or its disk: the remedy is the same for every file. */
export function explainStart(error: unknown, directory = os.tmpdir()): unknown {
  const { code = '', path: file } = error as NodeJS.ErrnoException;
  const isInside = file === directory || file?.startsWith(`${directory}/`);
  if (!isInside && !OF_THE_DISK.has(code)) return error;
  if (reasonOf(error) === (error as Error).message) return error;
  const isElsewhere = !isInside && file !== undefined && code !== 'ENOSPC' && code !== 'EDQUOT';
  if (isElsewhere || code === 'EMFILE' || code === 'ENFILE') return new CommandError(sentence(error), 1);
  return new CommandError(
    `the embedded cluster keeps its files in ${directory}, and that can’t be used: ${reasonOf(error)}.\nSet TMPDIR to a directory on a disk that can be written`,
    1,
  );
}
