/** Thrown for invalid bytes; the decoder adds the field's path. */
export class ProtobufError extends Error {}

export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads protobuf's wire format in order, 64-bit integers exactly. Every method throws ProtobufError when the bytes end too early. */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  tag(): { field: number; wire: number } {
    const tag = Number(this.varint());
    const field = Math.floor(tag / 8);
    if (field === 0 || tag > 0xffff_ffff) throw new ProtobufError(`invalid field tag ${tag}`);
    return { field, wire: tag % 8 };
  }

  /** An unsigned 64-bit value. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#take(1)] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new ProtobufError('a varint is longer than 10 bytes');
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  fixed64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  bytes(): Uint8Array {
    const length = this.varint();
    const left = this.#bytes.length - this.#at;
    if (length > BigInt(left)) throw new ProtobufError(`says ${length} bytes follow where ${left} are left`);
    const start = this.#take(Number(length));
    return this.#bytes.subarray(start, this.#at);
  }

  string(): string {
    try {
      return utf8.decode(this.bytes());
    } catch (error: unknown) {
      throw error instanceof ProtobufError ? error : new ProtobufError('is not valid UTF-8');
    }
  }

  skip(wire: number): void {
    switch (wire) {
      case WIRE.varint:
        this.varint();
        return;
      case WIRE.fixed64:
        this.#take(8);
        return;
      case WIRE.bytes:
        this.bytes();
        return;
      case WIRE.fixed32:
        this.#take(4);
        return;
      default:
        throw new ProtobufError(`unknown wire type ${wire}`);
    }
  }

  #take(count: number): number {
    const start = this.#at;
    if (start + count > this.#bytes.length) throw new ProtobufError('ends in the middle of a field');
    this.#at = start + count;
    return start;
  }
}

/** One field of a message: the bytes of a length-delimited one, the value of a varint. */
export interface ProtobufField {
  field: number;
  bytes?: Uint8Array;
  value?: bigint;
}

/** The fields of a message in their order, without those of fixed length. Throws ProtobufError. */
export function* protobufFields(message: Uint8Array): Generator<ProtobufField> {
  const reader = new ProtobufReader(message);
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (wire === WIRE.bytes) yield { field, bytes: reader.bytes() };
    else if (wire === WIRE.varint) yield { field, value: reader.varint() };
    else reader.skip(wire);
  }
}
