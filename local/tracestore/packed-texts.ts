import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Texts are compressed together once they are this long: more texts compress better, but reading waits for whole blocks. */
const BLOCK_BYTES = 64 * 1024;
/** The fastest that still finds what spans repeat. */
const LEVEL = 3;

/** JSON texts in a row, compressed by blocks. Outside the JavaScript heap, so that a garbage collection does not go through them. */
export class PackedTexts {
  readonly #blocks: Buffer[] = [];
  #open: Buffer[] = [];
  #openBytes = 0;
  #blockBytes = 0;
  #textBytes = 0;

  /** What is kept for the texts. */
  get keptBytes(): number {
    return this.#blockBytes + this.#openBytes;
  }

  /** How long the texts are in UTF-8. */
  get textBytes(): number {
    return this.#textBytes;
  }

  push(text: string): void {
    const bytes = Buffer.from(text);
    this.#open.push(bytes);
    this.#openBytes += bytes.length;
    this.#textBytes += bytes.length;
    if (this.#openBytes >= BLOCK_BYTES) this.#pack();
  }

  /** All texts in their order, as the text of a JSON array for each block. */
  *blocks(): Generator<string> {
    for (const block of this.#blocks) yield inflateRawSync(block).toString();
    yield this.#text().toString();
  }

  #text(): Buffer {
    const comma = Buffer.from(',');
    const parts = this.#open.flatMap((text, index) => (index === 0 ? [text] : [comma, text]));
    return Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')]);
  }

  #pack(): void {
    const packed = deflateRawSync(this.#text(), { level: LEVEL });
    // zlib answers with a part of a larger buffer, which would be kept whole.
    const block = Buffer.allocUnsafeSlow(packed.length);
    packed.copy(block);
    this.#blocks.push(block);
    this.#blockBytes += block.length;
    this.#open = [];
    this.#openBytes = 0;
  }
}
