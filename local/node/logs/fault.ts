import type { Logger } from '../../../shared/runtime/log.ts';

const AGAIN_MS = 10 * 60 * 1000;

const ADVICE: Record<string, string> = {
  ENOSPC: 'free some space there, or set TMPDIR to a directory on a larger disk',
  EDQUOT: 'free some of your quota there, or set TMPDIR to a directory on another disk',
  EROFS: 'set TMPDIR to a directory that can be written to',
  EACCES: 'set TMPDIR to a directory that can be written to',
  EMFILE: 'raise the limit of open files (ulimit -n) and start again',
  ENFILE: 'the machine has too many files open: end other programs',
  EIO: 'the disk fails: see the kernel log',
};

/**
 * Warns of an error that keeps a container's output from its log, with the file and what to do: once per kind of error, and again after ten
 * minutes, because a full disk affects all containers.
 */
export function createFaultReporter(log: Logger, now: () => Date): (file: string, error: unknown) => void {
  const warned = new Map<string, number>();
  return (file, error) => {
    const { code = (error as Error).message } = error as NodeJS.ErrnoException;
    const time = now().getTime();
    if (time - (warned.get(code) ?? -Infinity) < AGAIN_MS) return;
    warned.set(code, time);
    log.warn('output of a container can not be written to its log; the container goes on', {
      file,
      error,
      advice: ADVICE[code],
    });
  };
}
