import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Texts are compressed together once they are this long: as far back as deflate looks for what repeats. */
const BLOCK_BYTES = 32 * 1024;
const FIRST_BYTES = 2 * 1024;
/** The fastest that still finds what spans repeat. */
const LEVEL = 3;

/**
 * JSON texts in a row, compressed by blocks. Outside the JavaScript heap, so that a garbage collection does not go through them, and in
 * memory of their own: small Buffers share theirs with others, which keep it all.
 */
export class PackedTexts {
  readonly #blocks: Buffer[] = [];
  #open = Buffer.alloc(0);
  #openBytes = 0;
  #blockBytes = 0;
  #textBytes = 0;

  /** What is kept for the texts. */
  get keptBytes(): number {
    return this.#blockBytes + this.#open.length;
  }

  /** How long the texts are in UTF-8. */
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

  /** All texts in their order, as the text of a JSON array for each block. */
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
    // zlib answers with a part of a larger buffer, which would be kept whole.
    const block = Buffer.allocUnsafeSlow(packed.length);
    packed.copy(block);
    this.#blocks.push(block);
    this.#blockBytes += block.length;
    this.#open = Buffer.alloc(0);
    this.#openBytes = 0;
  }
}
