import fs from 'node:fs/promises';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** What was read of a container's output at one time. */
export interface LogChunk {
  /** Milliseconds since 1970. */
  time: number;
  content: Buffer;
}

/**
 * A log file is a row of chunks: the time (float64) and the length (uint32), big-endian, then that many bytes as the container wrote them.
 * So it is hardly larger than the output even with short lines, and keeps binary output.
 */
export const HEADER_BYTES = 12;
const BLOCK_BYTES = 64 * 1024;

function header({ time, content }: LogChunk): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeDoubleBE(time, 0);
  bytes.writeUInt32BE(content.length, 8);
  return bytes;
}

/** `parts` without their first `count` bytes. */
function without(parts: Buffer[], count: number): Buffer[] {
  let left = count;
  return parts.flatMap((part) => {
    const rest = part.subarray(Math.min(left, part.length));
    left -= part.length - rest.length;
    return rest.length === 0 ? [] : [rest];
  });
}

/** Writes all of them at `position`. The next write overwrites the remains of a failed one. */
export async function writeChunks(handle: FileHandle, chunks: LogChunk[], position: number): Promise<void> {
  let parts = chunks.flatMap((chunk) => [header(chunk), chunk.content]);
  for (let at = position; parts.length > 0;) {
    const { bytesWritten } = await handle.writev(parts, at);
    at += bytesWritten;
    parts = without(parts, bytesWritten);
  }
}

/** Throws for a link. */
export const openForWriting = (file: string): Promise<FileHandle> =>
  fs.open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600);

/** Reads a log file from its start, as far as it is written. */
export class LogFileReader {
  readonly #file: string;
  #handle: FileHandle | undefined;
  #position = 0;
  /** Of the chunk at the position. */
  #left = 0;
  #time = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** The next chunks up to `size`; a long chunk comes in several parts. Throws if the file can't be read. */
  async *until(size: number): AsyncGenerator<LogChunk> {
    while (this.#position < size) {
      const block = await this.#block(size);
      yield* this.#parse(block);
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  async #block(size: number): Promise<Buffer> {
    this.#handle ??= await fs.open(this.#file, constants.O_RDONLY | constants.O_NOFOLLOW);
    const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, size - this.#position));
    const { bytesRead } = await this.#handle.read(block, 0, block.length, this.#position);
    if (bytesRead === 0) throw new Error(`${this.#file} was cut short by somebody else`);
    return block.subarray(0, bytesRead);
  }

  *#parse(block: Buffer): Generator<LogChunk> {
    let at = 0;
    while (at < block.length) {
      if (this.#left === 0) {
        if (block.length - at < HEADER_BYTES) return; // The next block starts with it.
        this.#time = block.readDoubleBE(at);
        this.#left = block.readUInt32BE(at + 8);
        at += HEADER_BYTES;
        this.#position += HEADER_BYTES;
      }
      const content = block.subarray(at, at + this.#left);
      at += content.length;
      this.#position += content.length;
      this.#left -= content.length;
      if (content.length > 0) yield { time: this.#time, content };
    }
  }
}
