import { complete } from './complete.ts';
import { MAX_DEPTH, OtlpDecodeError } from './errors.ts';
import { TRACES_DATA, type FieldType, type MessageSchema } from './schema.ts';
import type { TracesData } from './types.ts';

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  const text = typeof value === 'object' ? 'an object' : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function id(value: unknown, digits: number, path: string): string {
  if (typeof value !== 'string' || value.length !== digits || !/^[0-9a-f]*$/i.test(value)) {
    throw new OtlpDecodeError(path, `must be ${digits} hex digits, is ${describe(value)}`);
  }
  if (/^0+$/.test(value)) throw new OtlpDecodeError(path, 'is all zeros');
  return value.toLowerCase();
}

function integer(value: unknown, min: bigint, max: bigint, path: string): bigint {
  const exact =
    typeof value === 'string' ? /^-?\d{1,20}$/.test(value) : typeof value === 'number' && Number.isSafeInteger(value);
  const parsed = exact ? BigInt(value as string | number) : undefined;
  if (parsed === undefined || parsed < min || parsed > max) {
    throw new OtlpDecodeError(path, `must be an integer from ${min} to ${max}, is ${describe(value)}`);
  }
  return parsed;
}

function double(value: unknown, path: string): number | string {
  if (typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity') return value;
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  if (Number.isNaN(parsed)) throw new OtlpDecodeError(path, `must be a number, is ${describe(value)}`);
  return parsed;
}

function base64(value: unknown, path: string): string {
  if (typeof value !== 'string' || !/^[\w+/-]*={0,2}$/.test(value)) {
    throw new OtlpDecodeError(path, `must be base64, is ${describe(value)}`);
  }
  return Buffer.from(value, 'base64').toString('base64');
}

function ofType<T>(value: unknown, type: 'string' | 'boolean', path: string): T {
  if (typeof value !== type) throw new OtlpDecodeError(path, `must be a ${type}, is ${describe(value)}`);
  return value as T;
}

function fieldValue(value: unknown, type: FieldType, path: string, depth: number): unknown {
  if (typeof type === 'object') return message(value, type, path, depth + 1);
  switch (type) {
    case 'string':
      return ofType<string>(value, 'string', path);
    case 'bool':
      return ofType<boolean>(value, 'boolean', path);
    case 'uint32':
    case 'fixed32':
      return Number(integer(value, 0n, 0xffff_ffffn, path));
    case 'int64':
      return integer(value, -(2n ** 63n), 2n ** 63n - 1n, path).toString();
    case 'fixed64':
      return integer(value, 0n, 2n ** 64n - 1n, path).toString();
    case 'double':
      return double(value, path);
    case 'bytes':
      return base64(value, path);
    case 'traceId':
      return id(value, 32, path);
    case 'spanId':
      return id(value, 16, path);
    case 'optionalSpanId':
      return value === '' || value === '0000000000000000' ? '' : id(value, 16, path);
  }
}

function list(value: unknown, type: FieldType, path: string, depth: number): unknown[] {
  if (!Array.isArray(value)) throw new OtlpDecodeError(path, `must be an array, is ${describe(value)}`);
  return value.map((item: unknown, index) => fieldValue(item, type, `${path}[${index}]`, depth));
}

function message(value: unknown, schema: MessageSchema, path: string, depth: number): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OtlpDecodeError(path, `must be an object, is ${describe(value)}`);
  }
  if (depth > MAX_DEPTH) throw new OtlpDecodeError(path, `nests deeper than ${MAX_DEPTH} levels`);
  const sent = value as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    const item = Object.hasOwn(sent, name) ? sent[name] : undefined;
    if (item === undefined || item === null) continue;
    const at = path === '' ? name : `${path}.${name}`;
    result[name] = field.repeated ? list(item, field.type, at, depth) : fieldValue(item, field.type, at, depth);
  }
  if (schema.oneof && Object.keys(result).length > 1) {
    throw new OtlpDecodeError(path, `must have one kind of value, has ${Object.keys(result).join(' and ')}`);
  }
  return complete(result, schema, path);
}

/**
 * Checks and normalises a parsed OTLP JSON document (an export request, or a file with `resourceSpans`). Unknown fields are ignored, as OTLP
 * requires. Throws OtlpDecodeError with the path of the first field that violates OTLP's JSON mapping.
 */
export function tracesFromJson(value: unknown): TracesData {
  return message(value, TRACES_DATA, '', 0) as unknown as TracesData;
}

/** `tracesFromJson` of a text or UTF-8 body. */
export function decodeTracesJson(body: string | Uint8Array): TracesData {
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error: unknown) {
    throw new OtlpDecodeError('', `the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return tracesFromJson(value);
}
