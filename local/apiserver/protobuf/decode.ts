import type { JsonObject } from '../object.ts';
import { badRequest, unsupportedMediaType } from '../status.ts';
import { messages } from './messages.ts';
import type { Field } from './messages.ts';

const MAGIC = Buffer.from('k8s\0');
const MAX_VARINT_BYTES = 10;

interface RawField {
  number: number;
  /** Of length-delimited fields. */
  bytes: Buffer;
  /** Of varint fields. */
  value: bigint;
}

function readVarint(buffer: Buffer, start: number): { value: bigint; next: number } {
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index++) {
    const byte = buffer[start + index];
    if (byte === undefined) break;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value, next: start + index + 1 };
  }
  throw badRequest('the protobuf body is cut off or malformed');
}

const fixedLengths: Record<number, number> = { 1: 8, 5: 4 };

function* readFields(buffer: Buffer): Generator<RawField> {
  for (let at = 0; at < buffer.length;) {
    const tag = readVarint(buffer, at);
    const number = Number(tag.value >> 3n);
    const wire = Number(tag.value & 7n);
    at = tag.next;
    if (wire === 0) {
      const { value, next } = readVarint(buffer, at);
      at = next;
      yield { number, value, bytes: Buffer.alloc(0) };
      continue;
    }
    const length = wire === 2 ? readVarint(buffer, at) : { value: BigInt(fixedLengths[wire] ?? -1), next: at };
    const end = length.next + Number(length.value);
    if (length.value < 0n || end > buffer.length) throw badRequest('the protobuf body is cut off or malformed');
    yield { number, value: 0n, bytes: buffer.subarray(length.next, end) };
    at = end;
  }
}

function readValue(type: string, { bytes, value }: RawField): unknown {
  switch (type) {
    case 'string':
      return bytes.toString('utf8');
    case 'base64':
      return bytes.toString('base64');
    case 'bytes':
      return bytes;
    case 'integer':
      return Number(BigInt.asIntN(64, value));
    case 'boolean':
      return value !== 0n;
    default:
      return readMessage(type, bytes);
  }
}

function readEntry(type: string, bytes: Buffer): JsonObject {
  const fields = [...readFields(bytes)];
  const key = fields.find((field) => field.number === 1)?.bytes.toString('utf8') ?? '';
  const value = fields.find((field) => field.number === 2) ?? { number: 2, value: 0n, bytes: Buffer.alloc(0) };
  return { [key]: readValue(type, value) };
}

function addField(object: JsonObject, field: Field, raw: RawField): void {
  const { name, type } = field;
  if (field.map === true) object[name] = { ...(object[name] as JsonObject | undefined), ...readEntry(type, raw.bytes) };
  else if (field.repeated === true)
    object[name] = [...((object[name] as unknown[] | undefined) ?? []), readValue(type, raw)];
  else {
    const value = readValue(type, raw);
    // Go writes every plain string, and means absent by an empty one.
    const isAbsent = value === '' || (field.omitZero === true && (value === 0 || value === false));
    if (!isAbsent) object[name] = value;
  }
}

function readMessage(type: string, bytes: Buffer): JsonObject {
  const message = messages[type] ?? {};
  const object: JsonObject = {};
  for (const raw of readFields(bytes)) {
    const field = message[raw.number];
    if (field !== undefined) addField(object, field, raw);
  }
  return object;
}

/**
 * Reads the protobuf form (`application/vnd.kubernetes.protobuf`) of the few kinds that kubectl's typed commands send. Throws 415 for
 * other kinds, which JSON and YAML are accepted for, and 400 for what can't be read.
 */
export function decodeProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw badRequest('the protobuf body does not begin with the prefix of Kubernetes');
  const unknown = readMessage('Unknown', body.subarray(MAGIC.length));
  const { apiVersion, kind } = (unknown['typeMeta'] ?? {}) as { apiVersion?: string; kind?: string };
  if (kind === undefined || messages[kind] === undefined) {
    throw unsupportedMediaType(
      `${kind ?? 'this object'} is not accepted as protobuf - accepted media types include: application/json, application/yaml`,
    );
  }
  const raw = unknown['raw'];
  return { apiVersion, kind, ...readMessage(kind, Buffer.isBuffer(raw) ? raw : Buffer.alloc(0)) };
}
