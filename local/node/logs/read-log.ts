import type { PodLogRequest } from '../../pod-logs.ts';
import type { ContainerLog } from './container-log.ts';
import { dropLines, lineCount, prefixLines } from './lines.ts';
import { LogFileReader } from './log-file.ts';
import type { LogChunk } from './log-file.ts';

const NEWLINE = 10;

/** The whole log, then, when following, additions until its end. */
async function* chunksOf(log: ContainerLog, follow: boolean, signal: AbortSignal): AsyncGenerator<LogChunk> {
  const reader = new LogFileReader(log.file);
  try {
    for (;;) {
      const { ended, changes, size, rest } = log;
      yield* reader.until(size);
      if (signal.aborted) return;
      if (!follow || ended) return yield* rest;
      await log.changed(changes, signal);
    }
  } finally {
    await reader.close();
  }
}

/** How many lines to skip for the last `count` of the present lines; an incomplete one counts. */
async function linesToSkip(log: ContainerLog, count: number, signal: AbortSignal): Promise<number> {
  let [total, last] = [0, NEWLINE];
  for await (const { content } of chunksOf(log, false, signal)) {
    total += lineCount(content);
    last = content.at(-1) ?? last;
  }
  return Math.max(0, total + (last === NEWLINE ? 0 : 1) - count);
}

/** RFC 3339 with nine digits, as the kubelet's logs have it, and a space. */
const stamp = (time: number): Buffer => Buffer.from(new Date(time).toISOString().replace('Z', '000000Z '));

/** A container's log as `pods/log` gives it: byte for byte what the container wrote. Throws when its file can't be read. */
export async function* readLog(log: ContainerLog, request: PodLogRequest, now: () => Date): AsyncGenerator<Buffer> {
  const { follow, timestamps, tailLines, sinceSeconds, limitBytes = Infinity, signal } = request;
  const since = sinceSeconds === undefined ? -Infinity : now().getTime() - sinceSeconds * 1000;
  let skip = tailLines === undefined ? 0 : await linesToSkip(log, tailLines, signal);
  let left = limitBytes;
  let atStart = true;
  for await (const { time, content } of chunksOf(log, follow, signal)) {
    if (signal.aborted || left <= 0) return;
    const { rest, left: toSkip } = dropLines(content, skip);
    skip = toSkip;
    if (rest.length === 0 || time < since) continue;
    const out = (timestamps ? prefixLines(rest, stamp(time), atStart) : rest).subarray(0, left);
    atStart = rest.at(-1) === NEWLINE;
    left -= out.length;
    yield out;
  }
}
