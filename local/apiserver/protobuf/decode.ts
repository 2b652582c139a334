import { protobufFields, ProtobufError } from '../../../shared/runtime/protobuf-reader.ts';
import type { ProtobufField } from '../../../shared/runtime/protobuf-reader.ts';
import type { JsonObject } from '../object.ts';
import { badRequest, unsupportedMediaType } from '../status.ts';
import { messages } from './messages.ts';
import type { Field } from './messages.ts';

const MAGIC = Buffer.from('k8s\0');

const NO_BYTES = new Uint8Array();

function readValue(type: string, { bytes = NO_BYTES, value = 0n }: ProtobufField): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'string':
      return buffer.toString('utf8');
    case 'base64':
      return buffer.toString('base64');
    case 'bytes':
      return buffer;
    case 'integer':
      return Number(BigInt.asIntN(64, value));
    case 'boolean':
      return value !== 0n;
    default:
      return readMessage(type, bytes);
  }
}

function readEntry(type: string, bytes: Uint8Array): JsonObject {
  const fields = [...protobufFields(bytes)];
  const read = (wanted: number, as: string): unknown =>
    readValue(as, fields.find(({ field }) => field === wanted) ?? { field: wanted });
  return { [String(read(1, 'string'))]: read(2, type) };
}

function addField(object: JsonObject, field: Field, raw: ProtobufField): void {
  const { name, type } = field;
  if (field.map === true)
    object[name] = { ...(object[name] as JsonObject | undefined), ...readEntry(type, raw.bytes ?? NO_BYTES) };
  else if (field.repeated === true)
    object[name] = [...((object[name] as unknown[] | undefined) ?? []), readValue(type, raw)];
  else {
    const value = readValue(type, raw);
    // Go writes empty strings for absent ones.
    const isAbsent = value === '' || (field.omitZero === true && (value === 0 || value === false));
    if (!isAbsent) object[name] = value;
  }
}

function readMessage(type: string, bytes: Uint8Array): JsonObject {
  const message = messages[type] ?? {};
  const object: JsonObject = {};
  for (const raw of protobufFields(bytes)) {
    const field = message[raw.field];
    if (field !== undefined) addField(object, field, raw);
  }
  return object;
}

/**
 * Reads the protobuf form (`application/vnd.kubernetes.protobuf`) of the few kinds that kubectl's typed commands send. Throws 415 for other
 * kinds, which must be JSON or YAML, and 400 for invalid bodies.
 */
export function decodeProtobuf(body: Buffer): JsonObject {
  try {
    return decode(body);
  } catch (error: unknown) {
    if (error instanceof ProtobufError) throw badRequest('the protobuf body is cut off or malformed');
    throw error;
  }
}

function decode(body: Buffer): JsonObject {
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
