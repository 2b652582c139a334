import { jsonKind } from '../go-text.ts';
import { isObject } from '../object.ts';
import { goTimeProblem, MICRO_TIME, TIME } from './go-times.ts';
import { QUANTITY } from './schema.ts';
import type { Schema } from './schema.ts';

/** The Go type that a field is decoded into, as errors name it. */
function goTypeOf(schema: Schema): string {
  if (schema.struct !== undefined) return `v1.${schema.struct}`;
  switch (schema.type) {
    case 'array':
      return `[]${goTypeOf(schema.items ?? {})}`;
    case 'object':
      return typeof schema.additionalProperties === 'object'
        ? `map[string]${goTypeOf(schema.additionalProperties)}`
        : 'map[string]interface {}';
    case 'integer':
      return schema.format ?? 'int64';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    default:
      return schema.type ?? 'interface {}';
  }
}

function fits({ type, format }: Schema, value: unknown): boolean {
  switch (type) {
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return typeof value === 'number' && Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string' || (format === QUANTITY && typeof value === 'number');
    default:
      return true;
  }
}

/** Where a value is: the struct that holds the field, and the path of it without indexes. */
interface Where {
  struct: string;
  path: string;
}

function wrongType(schema: Schema, value: unknown, { struct, path }: Where): string {
  const shown = typeof value === 'number' && schema.type === 'integer' ? `number ${value}` : jsonKind(value);
  const place = path === '' ? 'value' : `struct field ${struct}.${path}`;
  return `json: cannot unmarshal ${shown} into Go ${place} of type ${goTypeOf(schema)}`;
}

const isTime = ({ format }: Schema): boolean => format === TIME || format === MICRO_TIME;

/** Where Go's decoder finds the first byte that is no base64. */
function base64Problem(text: string): string | undefined {
  const [good = ''] = /^[A-Za-z0-9+/\r\n]*/.exec(text) ?? [];
  const rest = text.slice(good.length);
  const length = good.replaceAll(/[\r\n]/g, '').length;
  const padding = { 0: '', 2: '==', 3: '=' }[length % 4];
  if (rest === padding) return undefined;
  return `illegal base64 data at input byte ${good.length}`;
}

function wrongScalar(schema: Schema, value: unknown, where: Where): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))
      ? undefined
      : `json: cannot unmarshal ${jsonKind(value)} into Go value of type int32`;
  }
  if (!fits(schema, value)) return wrongType(schema, value, where);
  if (typeof value !== 'string') return undefined;
  if (schema.format === 'byte') return base64Problem(value);
  return isTime(schema) ? goTimeProblem(schema.format ?? '', value) : undefined;
}

/** The first value of a wrong type, as Go's JSON decoder tells of it; undefined where all can be decoded. */
export function goDecodeProblem(
  schema: Schema,
  value: unknown,
  where: Where = { struct: '', path: '' },
): string | undefined {
  if (value === undefined || value === null) return undefined;
  const own = wrongScalar(schema, value, where);
  if (own !== undefined) return own;
  if (Array.isArray(value)) return firstOf(value, (item) => goDecodeProblem(schema.items ?? {}, item, where));
  if (!isObject(value)) return undefined;
  return firstOf(Object.entries(value), ([key, item]) => {
    const property =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (property !== undefined) {
      const path = where.path === '' ? key : `${where.path}.${key}`;
      return goDecodeProblem(property, item, { struct: schema.struct ?? where.struct, path });
    }
    const { additionalProperties } = schema;
    return typeof additionalProperties === 'object' ? goDecodeProblem(additionalProperties, item, where) : undefined;
  });
}

function firstOf<T>(list: T[], problem: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const found = problem(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the converter that builds an object from a strategic merge patch says to the same. */
export function goConvertProblem(schema: Schema, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const custom = isTime(schema) || schema.format === QUANTITY;
  if (custom || schema['x-kubernetes-int-or-string'] === true)
    return wrongScalar(schema, value, { struct: '', path: '' });
  if (!fits(schema, value)) return wrongConversion(schema, value);
  if (Array.isArray(value)) return firstOf(value, (item) => goConvertProblem(schema.items ?? {}, item));
  if (!isObject(value)) return undefined;
  return firstOf(Object.entries(value), ([key, item]) => {
    const property =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const others = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
    return goConvertProblem(property ?? others, item);
  });
}

function reflectKind(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? 'slice' : isObject(value) ? 'map' : 'string';
}

function wrongConversion(schema: Schema, value: unknown): string {
  const kind = reflectKind(value);
  if (schema.struct !== undefined) return `cannot restore struct from: ${kind}`;
  if (schema.type === 'array') return `cannot restore slice from ${kind}`;
  if (schema.type === 'object') return `cannot restore map from ${kind}`;
  if (kind === 'string') return `unrecognized type: ${goTypeOf(schema)}`;
  return `cannot convert ${kind} to ${goTypeOf(schema)}`;
}
