import fs from 'node:fs';
import os from 'node:os';

import { CommandError, reasonOf, sentence } from '../errors.ts';

/** Processes and threads that the cluster and one step (a shell, Node, the step's own program) start besides those that run already. */
const NEEDED_PROCESSES = 20;

/** Errors that say something of the disk, whatever file they met first. */
const OF_THE_DISK = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** What the servers, their connections and one step take, and some to spare. */
const NEEDED_FILES = 96;

/** A soft limit in the text of /proc/PID/limits (proc(5)). Undefined where there is none. */
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
      // It ended while we looked.
    }
  }
  return count;
}

/**
 * Throws CommandError (exit 1) when this process can't open enough files, or this user can't start enough processes, for one step. It is asked
 * before anything starts: Node ends itself, or waits for ever, where one of its threads is refused. Root may start any number (setrlimit(2),
 * RLIMIT_NPROC).
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

/** The directory for temporary files by its name, when `error` is about it or its disk: what to do is the same whatever file it met. */
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
