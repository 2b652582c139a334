import { complete } from './complete.ts';
import { MAX_DEPTH, OtlpDecodeError } from './errors.ts';
import { ProtobufError, ProtobufReader, WIRE } from '../runtime/protobuf-reader.ts';
import { TRACES_DATA, type Field, type FieldType, type MessageSchema } from './schema.ts';
import type { TracesData } from './types.ts';

const wireOf = (type: FieldType): number => {
  switch (type) {
    case 'bool':
    case 'uint32':
    case 'int64':
      return WIRE.varint;
    case 'fixed64':
    case 'double':
      return WIRE.fixed64;
    case 'fixed32':
      return WIRE.fixed32;
    default:
      return WIRE.bytes;
  }
};

function id(bytes: Uint8Array, length: number, path: string): string {
  if (bytes.length !== length) throw new OtlpDecodeError(path, `must be ${length} bytes, is ${bytes.length}`);
  if (bytes.every((byte) => byte === 0)) throw new OtlpDecodeError(path, 'is all zeros');
  return Buffer.from(bytes).toString('hex');
}

function optionalSpanId(bytes: Uint8Array, path: string): string {
  return bytes.every((byte) => byte === 0) && (bytes.length === 0 || bytes.length === 8) ? '' : id(bytes, 8, path);
}

function double(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function fieldValue(reader: ProtobufReader, type: FieldType, path: string, depth: number): unknown {
  if (typeof type === 'object') return message(reader.bytes(), type, path, depth + 1);
  switch (type) {
    case 'string':
      return reader.string();
    case 'bool':
      return reader.varint() !== 0n;
    case 'uint32':
      return Number(BigInt.asUintN(32, reader.varint()));
    case 'int64':
      return BigInt.asIntN(64, reader.varint()).toString();
    case 'fixed32':
      return reader.fixed32();
    case 'fixed64':
      return reader.fixed64().toString();
    case 'double':
      return double(reader.double());
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64');
    case 'traceId':
      return id(reader.bytes(), 16, path);
    case 'spanId':
      return id(reader.bytes(), 8, path);
    case 'optionalSpanId':
      return optionalSpanId(reader.bytes(), path);
  }
}

function fieldsByNumber(schema: MessageSchema): Map<number, [string, Field]> {
  return new Map(Object.entries(schema.fields).map(([name, field]) => [field.number, [name, field]]));
}

const fieldTables = new WeakMap<MessageSchema, Map<number, [string, Field]>>();

function fieldTable(schema: MessageSchema): Map<number, [string, Field]> {
  const table = fieldTables.get(schema) ?? fieldsByNumber(schema);
  fieldTables.set(schema, table);
  return table;
}

function set(result: Record<string, unknown>, name: string, value: unknown, schema: MessageSchema): void {
  if (schema.oneof) for (const other of Object.keys(result)) Reflect.deleteProperty(result, other);
  result[name] = value;
}

function message(bytes: Uint8Array, schema: MessageSchema, path: string, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new OtlpDecodeError(path, `nests deeper than ${MAX_DEPTH} levels`);
  const reader = new ProtobufReader(bytes);
  const result: Record<string, unknown> = {};
  const lists: Record<string, unknown[]> = {};
  let at = path;
  try {
    while (!reader.done) {
      at = path;
      const { field: number, wire } = reader.tag();
      const [name, field] = fieldTable(schema).get(number) ?? [];
      if (name === undefined || field === undefined || wire !== wireOf(field.type)) {
        reader.skip(wire);
        continue;
      }
      const items = field.repeated && (lists[name] ??= []);
      at = `${path === '' ? '' : `${path}.`}${name}${items ? `[${items.length}]` : ''}`;
      const value = fieldValue(reader, field.type, at, depth);
      if (items) items.push(value);
      else set(result, name, value, schema);
    }
  } catch (error: unknown) {
    throw error instanceof ProtobufError ? new OtlpDecodeError(at, error.message) : error;
  }
  return complete({ ...result, ...lists }, schema, path);
}

/**
 * Decodes an OTLP trace export (opentelemetry-proto `ExportTraceServiceRequest`). Unknown fields are skipped, as protobuf requires.
 * Throws OtlpDecodeError with the path of the first field that violates OTLP.
 */
export function decodeTracesProtobuf(body: Uint8Array): TracesData {
  return message(body, TRACES_DATA, '', 0) as unknown as TracesData;
}
