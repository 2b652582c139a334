import fs from 'node:fs';

import type { ContainerLog } from '../logs/container-log.ts';

export const MAX_MESSAGE_BYTES = 4096;
const FALLBACK_BYTES = 2048;
const FALLBACK_LINES = 80;

function head(file: string, maxBytes: number): string {
  const fd = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(maxBytes);
    return buffer.subarray(0, fs.readSync(fd, buffer, 0, maxBytes, 0)).toString('utf8');
  } finally {
    fs.closeSync(fd);
  }
}

/** The log's end: at most 80 lines and 2048 bytes, as the kubelet falls back to. */
function logTail(log: ContainerLog): string {
  const lines = fs
    .readFileSync(log.file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const text = lines
    .slice(-FALLBACK_LINES)
    .map((line) => line.split(' ').slice(3).join(' '))
    .join('\n');
  const bytes = Buffer.from(text === '' ? '' : `${text}\n`);
  return bytes.subarray(Math.max(0, bytes.length - FALLBACK_BYTES)).toString('utf8');
}

/** What an ended container says of itself: its termination file's first 4096 bytes or, where the policy says so, a failed one's log. */
export function terminationMessage(
  file: string,
  policy: string | undefined,
  exitCode: number,
  log: ContainerLog,
): string {
  const written = head(file, MAX_MESSAGE_BYTES);
  if (written !== '' || policy !== 'FallbackToLogsOnError' || exitCode === 0) return written;
  return logTail(log);
}
