import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';

export type StreamName = 'stdout' | 'stderr';

export interface ContainerLogOptions {
  /** Past this size the file is put aside; one such file is kept, so twice this is the most a container's log takes. */
  maxBytes: number;
  now: () => Date;
}

const MAX_LINE_BYTES = 16 * 1024;

/** RFC 3339 with the nine digits that CRI logs have. */
const stamp = (date: Date): string => date.toISOString().replace('Z', '000000Z');

const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = fs.constants;

const openForAppending = (file: string): number => fs.openSync(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);

/**
 * One run of a container's output on disk, in CRI form: `TIME stdout|stderr F|P TEXT`, where P marks a line that goes on. Emits `line`
 * after each write and `end` once nothing more will come.
 */
export class ContainerLog extends EventEmitter<{ line: []; end: [] }> {
  readonly file: string;
  readonly #options: ContainerLogOptions;
  #fd: number;
  #bytes = 0;
  #writes = 0;
  #ended = false;

  constructor(file: string, options: ContainerLogOptions) {
    super();
    this.setMaxListeners(0);
    this.file = file;
    this.#options = options;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    this.#fd = openForAppending(file);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** How many lines were written so far: whoever read up to here knows whether there is more. */
  get writes(): number {
    return this.#writes;
  }

  /** The file put aside before the current one; it may not exist. */
  get previousFile(): string {
    return `${this.file}.1`;
  }

  /** Copies a stream into the log until it ends. */
  async copy(name: StreamName, stream: Readable): Promise<void> {
    let rest = Buffer.alloc(0);
    for await (const chunk of stream) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      let from = 0;
      for (let newline = rest.indexOf(10); newline >= 0; newline = rest.indexOf(10, from)) {
        this.#write(name, 'F', rest.subarray(from, newline));
        from = newline + 1;
      }
      rest = rest.subarray(from);
      if (rest.length > MAX_LINE_BYTES) {
        this.#write(name, 'P', rest);
        rest = Buffer.alloc(0);
      }
    }
    if (rest.length > 0) this.#write(name, 'P', rest);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    fs.closeSync(this.#fd);
    this.emit('end');
  }

  #write(name: StreamName, tag: 'F' | 'P', content: Buffer): void {
    if (this.#ended) return;
    const line = Buffer.concat([
      Buffer.from(`${stamp(this.#options.now())} ${name} ${tag} `),
      content,
      Buffer.from('\n'),
    ]);
    if (this.#bytes > 0 && this.#bytes + line.length > this.#options.maxBytes) this.#rotate();
    fs.writeSync(this.#fd, line);
    this.#bytes += line.length;
    this.#writes++;
    this.emit('line');
  }

  #rotate(): void {
    fs.closeSync(this.#fd);
    fs.renameSync(this.file, this.previousFile);
    this.#fd = openForAppending(this.file);
    this.#bytes = 0;
  }
}
