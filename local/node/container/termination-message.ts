import fs from 'node:fs';

import type { ContainerLog } from '../logs/container-log.ts';

export const MAX_MESSAGE_BYTES = 4096;
const FALLBACK_BYTES = 2048;
const FALLBACK_LINES = 80;

/** Regular files only: a container may put a link or a named pipe there. */
function head(file: string, maxBytes: number): string {
  const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
  try {
    if (!fs.fstatSync(fd).isFile()) throw new Error('it is not a regular file');
    const buffer = Buffer.alloc(maxBytes);
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, maxBytes, 0)).toString('utf8');
  } finally {
    fs.closeSync(fd);
  }
}

/** The log's end: at most 80 lines and 2048 bytes, as the kubelet falls back to. */
function logTail(log: ContainerLog): string {
  const text = log.tail.subarray(-FALLBACK_BYTES).toString('utf8');
  const ended = text.endsWith('\n');
  const lines = (ended ? text.slice(0, -1) : text).split('\n').slice(-FALLBACK_LINES);
  return lines.join('\n') + (ended ? '\n' : '');
}

function written(file: string): string {
  try {
    return head(file, MAX_MESSAGE_BYTES);
  } catch (error) {
    return `Error on reading termination log: ${(error as Error).message}`;
  }
}

/** An ended container's message: the first 4096 bytes of its termination file or, by its policy, the end of a failed container's log. */
export function terminationMessage(
  file: string,
  policy: string | undefined,
  exitCode: number,
  log: ContainerLog,
): string {
  const message = written(file);
  if (message !== '' || policy !== 'FallbackToLogsOnError' || exitCode === 0) return message;
  return logTail(log);
}
