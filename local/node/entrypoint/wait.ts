import fs from 'node:fs';
import path from 'node:path';

/** Raised when the step before failed: its post file ends in `.err`. */
export class SkipError extends Error {
  constructor() {
    super('error file present, bail and skip the step');
  }
}

const FALLBACK_INTERVAL_MS = 200;

function state(file: string, expectContent: boolean): 'there' | 'failed' | 'missing' {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat && (!expectContent || stat.size > 0)) return 'there';
  return fs.existsSync(`${file}.err`) ? 'failed' : 'missing';
}

/** Calls `changed` at each change of the directory. Polls if the machine has no watches left (inotify limits). */
function onChange(directory: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const poll = (): void => {
    timer ??= setInterval(changed, FALLBACK_INTERVAL_MS);
  };
  try {
    const watcher = fs.watch(directory, changed);
    watcher.on('error', poll);
    return () => {
      watcher.close();
      clearInterval(timer);
    };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOSPC' && code !== 'EMFILE') throw error;
    poll();
    return () => clearInterval(timer);
  }
}

/**
 * Resolves when `file` exists (with content, if asked for). Throws SkipError when `file.err` does instead, the signal's reason when
 * aborted. The watch starts before the first check, so that no change is missed.
 */
export async function waitForFile(file: string, expectContent: boolean, signal?: AbortSignal): Promise<void> {
  const directory = path.dirname(file);
  fs.mkdirSync(directory, { recursive: true });
  await new Promise<void>((resolve, reject) => {
    let stop: () => void = () => undefined;
    const settle = (end: () => void): void => {
      stop();
      signal?.removeEventListener('abort', aborted);
      end();
    };
    const aborted = (): void => settle(() => reject(signal?.reason as Error));
    const check = (): void => {
      const found = state(file, expectContent);
      if (found === 'there') settle(resolve);
      else if (found === 'failed') settle(() => reject(new SkipError()));
    };
    if (signal?.aborted) return aborted();
    signal?.addEventListener('abort', aborted);
    stop = onChange(directory, check);
    check();
  });
}
