import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** The size of a compressed block: deflate's window. */
const BLOCK_BYTES = 32 * 1024;
const FIRST_BYTES = 2 * 1024;
/** The fastest level that still finds the repetitions in spans. */
const LEVEL = 3;

/**
 * A sequence of JSON texts, compressed in blocks. They are outside the JavaScript heap, so that the garbage collector does not visit them,
 * and in separate memory: a small Buffer would keep the memory that it shares with others.
 */
export class PackedTexts {
  readonly #blocks: Buffer[] = [];
  #open = Buffer.alloc(0);
  #openBytes = 0;
  #blockBytes = 0;
  #textBytes = 0;

  /** The size of the compressed texts. */
  get keptBytes(): number {
    return this.#blockBytes + this.#open.length;
  }

  /** The size of the texts in UTF-8. */
  get textBytes(): number {
    return this.#textBytes;
  }

  push(text: string): void {
    const bytes = Buffer.byteLength(text);
    const start = this.#openBytes === 0 ? 0 : this.#openBytes + 1;
    this.#makeRoom(start + bytes);
    if (start > 0) this.#open.write(',', start - 1);
    this.#open.write(text, start);
    this.#openBytes = start + bytes;
    this.#textBytes += bytes;
    if (this.#openBytes >= BLOCK_BYTES) this.#pack();
  }

  /** All texts in order, as one JSON array per block. */
  *blocks(): Generator<string> {
    for (const block of this.#blocks) yield `[${inflateRawSync(block).toString()}]`;
    yield `[${this.#open.toString('utf8', 0, this.#openBytes)}]`;
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#open.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.#open.length * 2, FIRST_BYTES));
    this.#open.copy(larger, 0, 0, this.#openBytes);
    this.#open = larger;
  }

  #pack(): void {
    const packed = deflateRawSync(this.#open.subarray(0, this.#openBytes), { level: LEVEL });
    // zlib returns a part of a larger buffer, which would stay in memory.
    const block = Buffer.allocUnsafeSlow(packed.length);
    packed.copy(block);
    this.#blocks.push(block);
    this.#blockBytes += block.length;
    this.#open = Buffer.alloc(0);
    this.#openBytes = 0;
  }
}
