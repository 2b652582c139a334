import { EventEmitter, once } from 'node:events';
import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';

import type { OutputReader } from '../entrypoint/pipe.ts';
import { readUntilOver } from './drain.ts';
import { KeptOutput } from './kept-output.ts';
import { HEADER_BYTES, openForWriting, writeChunks } from './log-file.ts';
import type { LogChunk } from './log-file.ts';

export interface ContainerLogOptions {
  /** The maximum size of the file; of later output only the newest is kept. */
  maxBytes: number;
  now: () => Date;
  /** Called for each error that keeps output from the file. It does not affect the container. */
  onFault: (file: string, error: unknown) => void;
}

const TAIL_BYTES = 2048;
const NEWLINE = 10;

/**
 * One run of a container's output on disk. Disk errors never reach the container: its output is still read, gaps are marked in the log, and
 * writing continues when it works again. Emits `change` after each write and at the end.
 */
export class ContainerLog extends EventEmitter<{ change: [] }> {
  readonly file: string;
  readonly #options: ContainerLogOptions;
  #handle: FileHandle | undefined;
  #size = 0;
  #changes = 0;
  #ended = false;
  #tail: Buffer = Buffer.alloc(0);
  #lastByte = NEWLINE;
  #kept: KeptOutput | undefined;
  #limited = false;

  constructor(file: string, options: ContainerLogOptions) {
    super();
    this.setMaxListeners(0);
    this.file = file;
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The length of the file up to its last complete chunk. */
  get size(): number {
    return this.#size;
  }

  /** The end of the output, at most 2048 bytes. */
  get tail(): Buffer {
    return this.#tail;
  }

  /** Output after the end of the file that could not be written yet. */
  get rest(): LogChunk[] {
    return this.#kept ? [this.#chunk(this.#kept.content(this.#lastByte !== NEWLINE))] : [];
  }

  /** Resolves when there is more than at `changes`, at the end of the output, or when the signal aborts. */
  async changed(changes: number, signal: AbortSignal): Promise<void> {
    if (this.#ended || this.#changes !== changes || signal.aborted) return;
    await once(this, 'change', { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  get changes(): number {
    return this.#changes;
  }

  /**
   * Copies a container's output until it ends, no faster than it can be written. After `exited` it does not wait for a process that left
   * the container and keeps the output open.
   */
  async copy(output: OutputReader, exited: Promise<unknown>): Promise<void> {
    for await (const content of readUntilOver(output, exited)) await this.#append(content);
  }

  /** Call it once, after the last output. */
  async end(): Promise<void> {
    if (this.#ended) return;
    if (this.#kept && (await this.#write(this.rest, true))) this.#kept = undefined;
    try {
      if (this.#handle && (await this.#handle.stat()).nlink === 0)
        throw new Error('it was removed while the container ran, so its output can no longer be read');
    } catch (error) {
      this.#options.onFault(this.file, error);
    }
    await this.#handle?.close().catch((error: unknown) => this.#options.onFault(this.file, error));
    this.#handle = undefined;
    this.#ended = true;
    this.#change();
  }

  #change(): void {
    this.#changes++;
    this.emit('change');
  }

  #chunk(content: Buffer): LogChunk {
    return { time: this.#options.now().getTime(), content };
  }

  async #append(content: Buffer): Promise<void> {
    if (this.#ended) return;
    this.#tail = Buffer.from(
      content.length < TAIL_BYTES
        ? Buffer.concat([this.#tail, content]).subarray(-TAIL_BYTES)
        : content.subarray(-TAIL_BYTES),
    );
    if (await this.#write([...this.rest, this.#chunk(content)])) {
      this.#kept = undefined;
      this.#change();
    } else this.#kept?.add(content);
  }

  /** False if they could not be written; then `#kept` takes them. */
  async #write(chunks: LogChunk[], pastLimit = false): Promise<boolean> {
    const bytes = chunks.reduce((sum, { content }) => sum + HEADER_BYTES + content.length, 0);
    this.#limited ||= this.#size + bytes > this.#options.maxBytes;
    if (this.#limited && !pastLimit) {
      this.#kept ??= new KeptOutput(`a container's log is kept up to ${this.#options.maxBytes} bytes`);
      return false;
    }
    try {
      this.#handle ??= await this.#open();
      await writeChunks(this.#handle, chunks, this.#size);
    } catch (error) {
      this.#options.onFault(this.file, error);
      this.#kept ??= new KeptOutput((error as Error).message);
      return false;
    }
    this.#size += bytes;
    this.#lastByte = chunks.at(-1)?.content.at(-1) ?? NEWLINE;
    return true;
  }

  async #open(): Promise<FileHandle> {
    await fs.mkdir(path.dirname(this.file), { recursive: true });
    return openForWriting(this.file);
  }
}
