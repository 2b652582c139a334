import { once } from 'node:events';
import { constants } from 'node:fs';
import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

import type { PodLogRequest } from '../../pod-logs.ts';
import type { ContainerLog } from './container-log.ts';

const CHUNK_BYTES = 64 * 1024;

interface LogLine {
  time: string;
  partial: boolean;
  content: Buffer;
}

function parseLine(line: Buffer): LogLine {
  const time = line.indexOf(32);
  const name = line.indexOf(32, time + 1);
  const tag = line.indexOf(32, name + 1);
  return { time: line.toString('latin1', 0, time), partial: line[name + 1] === 80, content: line.subarray(tag + 1) };
}

/** The whole lines from the handle's position to the file's end. */
async function* linesToEnd(handle: FileHandle): AsyncGenerator<LogLine> {
  let rest = Buffer.alloc(0);
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return;
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let from = 0;
    for (let newline = rest.indexOf(10); newline >= 0; newline = rest.indexOf(10, from)) {
      yield parseLine(rest.subarray(from, newline));
      from = newline + 1;
    }
    rest = rest.subarray(from);
  }
}

async function open(file: string): Promise<FileHandle | undefined> {
  try {
    return await fs.open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Everything the log holds, then, when following, what is added until it ends. Goes on in the new file when one is put aside. */
async function* allLines(log: ContainerLog, follow: boolean, signal: AbortSignal): AsyncGenerator<LogLine> {
  let handle = await open(log.previousFile);
  try {
    if (handle) yield* linesToEnd(handle);
    await handle?.close();
    handle = undefined; // Closed: the open below may throw.
    handle = await open(log.file);
    while (handle) {
      const { ended, writes } = log;
      yield* linesToEnd(handle);
      const current = await fs.stat(log.file).catch(() => undefined);
      if (current && current.ino !== (await handle.stat()).ino) {
        yield* linesToEnd(handle); // What was added between the end just seen and the putting aside.
        await handle.close();
        handle = undefined;
        handle = await open(log.file);
      } else if (!follow || ended || signal.aborted) return;
      else await changed(log, writes, signal);
    }
  } finally {
    await handle?.close();
  }
}

/** Resolves when the log has more than the `writes` lines already seen, or has ended. */
async function changed(log: ContainerLog, writes: number, signal: AbortSignal): Promise<void> {
  if (log.ended || log.writes !== writes) return;
  const heard = new AbortController();
  const either = AbortSignal.any([signal, heard.signal]);
  await Promise.race([once(log, 'line', { signal: either }), once(log, 'end', { signal: either })]).catch(
    (error: unknown) => {
      if (!signal.aborted) throw error;
    },
  );
  heard.abort();
}

function render({ time, partial, content }: LogLine, timestamps: boolean): Buffer {
  const end = partial ? [] : [Buffer.from('\n')];
  return Buffer.concat([...(timestamps ? [Buffer.from(`${time} `)] : []), content, ...end]);
}

/** The last `count` lines of what is in the log now, by how many to leave out before them. */
async function linesToSkip(log: ContainerLog, count: number, signal: AbortSignal): Promise<number> {
  let total = 0;
  for await (const line of allLines(log, false, signal)) if (!line.partial) total++;
  return Math.max(0, total - count);
}

/** A container's log as `pods/log` gives it. */
export async function* readLog(log: ContainerLog, request: PodLogRequest, now: () => Date): AsyncGenerator<Buffer> {
  const { follow, timestamps, tailLines, sinceSeconds, limitBytes = Infinity, signal } = request;
  const since =
    sinceSeconds === undefined ? '' : new Date(now().getTime() - sinceSeconds * 1000).toISOString().replace('Z', '');
  let skip = tailLines === undefined ? 0 : await linesToSkip(log, tailLines, signal);
  let left = limitBytes;
  for await (const line of allLines(log, follow, signal)) {
    if (signal.aborted || left <= 0) return;
    if (skip > 0) {
      if (!line.partial) skip--;
      continue;
    }
    if (line.time < since) continue;
    const out = render(line, timestamps).subarray(0, left);
    left -= out.length;
    yield out;
  }
}
