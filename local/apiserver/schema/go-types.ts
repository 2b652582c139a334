import { jsonKind } from '../go-text.ts';
import { isObject } from '../object.ts';
import { goNames } from './go-names.ts';
import { goTimeProblem, MICRO_TIME, TIME } from './go-times.ts';
import { quantityProblem } from './quantities.ts';
import { QUANTITY } from './schema.ts';
import type { Schema } from './schema.ts';

/** The Go type of a field, for errors. */
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
    case 'string':
      return schema.format === 'byte' ? '[]uint8' : 'string';
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
      if (format === 'byte' && Array.isArray(value)) return true;
      return typeof value === 'string' || (format === QUANTITY && typeof value === 'number');
    default:
      return true;
  }
}

/** The position of a value: the Go struct, and the path without indexes. */
interface Where {
  struct: string;
  path: string;
}

function wrongType(schema: Schema, value: unknown, { struct, path }: Where): string {
  const shown = typeof value === 'number' && schema.type === 'integer' ? `number ${value}` : jsonKind(value);
  const place = path === '' ? 'value' : `struct field ${struct}.${path}`;
  const name = goNames[struct]?.[path.slice(path.lastIndexOf('.') + 1)];
  const type = name === undefined ? goTypeOf(schema) : schema.type === 'array' ? `[]${name}` : name;
  return `json: cannot unmarshal ${shown} into Go ${place} of type ${type}`;
}

const isTime = ({ format }: Schema): boolean => format === TIME || format === MICRO_TIME;

/** The position of the first invalid base64 byte in Go's decoder; for an incomplete end, the start of the last four. */
function base64Problem(text: string): string | undefined {
  const [good = ''] = /^[A-Za-z0-9+/\r\n]*/.exec(text) ?? [];
  const rest = text.slice(good.length).replaceAll(/[\r\n]/g, '');
  const over = good.replaceAll(/[\r\n]/g, '').length % 4;
  if (rest === (over === 0 ? '' : '='.repeat(4 - over)) && over !== 1) return undefined;
  const isShort = rest === '' || (rest === '=' && over === 2);
  const at = rest === '' ? good.length - over : isShort ? text.length : good.length;
  return `illegal base64 data at input byte ${at}`;
}

/** The error of types with their own decoder: Go stops there and reports no other. */
function wrongCustom(schema: Schema, value: unknown): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) {
    return typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))
      ? undefined
      : `json: cannot unmarshal ${jsonKind(value)} into Go value of type int32`;
  }
  if (schema.format === QUANTITY) return quantityProblem(value);
  return isTime(schema) && typeof value === 'string' ? goTimeProblem(schema.format ?? '', value) : undefined;
}

const isTooLarge = ({ format }: Schema, value: unknown): boolean =>
  format === 'int32' && typeof value === 'number' && (value >= 2 ** 31 || value < -(2 ** 31));

function wrongScalar(schema: Schema, value: unknown, where: Where): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true || schema.format === QUANTITY) return undefined;
  if (!fits(schema, value) || isTooLarge(schema, value)) return wrongType(schema, value, where);
  return typeof value === 'string' && schema.format === 'byte' ? base64Problem(value) : undefined;
}

/** Go's JSON decoding error for the first value of a wrong type; undefined if there is none. */
export function goDecodeProblem(schema: Schema, value: unknown): string | undefined {
  const start = { struct: '', path: '' };
  return firstProblem(wrongCustom, schema, value, start) ?? firstProblem(wrongScalar, schema, value, start);
}

type Check = (schema: Schema, value: unknown, where: Where) => string | undefined;

function firstProblem(check: Check, schema: Schema, value: unknown, where: Where): string | undefined {
  if (value === undefined || value === null) return undefined;
  const own = check(schema, value, where);
  if (own !== undefined || !fits(schema, value)) return own;
  if (Array.isArray(value)) return firstOf(value, (item) => firstProblem(check, itemsOf(schema), item, where));
  if (!isObject(value)) return undefined;
  return firstOf(Object.entries(value), ([key, item]) => {
    const property =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (property !== undefined) {
      const path = where.path === '' ? key : `${where.path}.${key}`;
      return firstProblem(check, property, item, { struct: schema.struct ?? where.struct, path });
    }
    const { additionalProperties } = schema;
    return typeof additionalProperties === 'object'
      ? firstProblem(check, additionalProperties, item, where)
      : undefined;
  });
}

/** Bytes may also be a list of numbers. */
const itemsOf = ({ items, format }: Schema): Schema =>
  items ?? (format === 'byte' ? { type: 'integer', format: 'uint8' } : {});

function firstOf<T>(list: T[], problem: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const found = problem(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same for Go's converter from maps; `name`: the named type of a string or number. */
export function goConvertProblem(schema: Schema, value: unknown, name?: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const custom = isTime(schema) || schema.format === QUANTITY;
  if (isTime(schema) && typeof value !== 'string')
    return `json: cannot unmarshal ${jsonKind(value)} into Go value of type string`;
  if (custom || schema['x-kubernetes-int-or-string'] === true) return wrongCustom(schema, value);
  if (!fits(schema, value)) return wrongConversion(schema, value, name);
  if (schema.format === 'byte' && typeof value === 'string') {
    const problem = base64Problem(value);
    return problem && `error decoding from json: ${problem}`;
  }
  if (Array.isArray(value)) return firstOf(value, (item) => goConvertProblem(itemsOf(schema), item, name));
  if (!isObject(value)) return undefined;
  // Metadata is the first field of every struct.
  const { metadata, ...fields } = value;
  const entries = Object.entries(metadata === undefined ? value : { metadata, ...fields });
  return firstOf(entries, ([key, item]) => {
    const property =
      schema.properties !== undefined && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    const others = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
    return goConvertProblem(property ?? others, item, goNames[schema.struct ?? '']?.[key]);
  });
}

function reflectKind(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? 'slice' : isObject(value) ? 'map' : 'string';
}

function wrongConversion(schema: Schema, value: unknown, name = goTypeOf(schema)): string {
  const kind = reflectKind(value);
  if (schema.struct !== undefined) return `cannot restore struct from: ${kind}`;
  if (schema.type === 'array' || schema.format === 'byte') return `cannot restore slice from ${kind}`;
  if (schema.type === 'object') return `cannot restore map from ${kind}`;
  // This converter accepts an integer as string, and any number as integer; JSON decoding does not.
  const isConvertible = schema.type === 'string' ? kind === 'int64' : schema.type === 'integer' && kind === 'float64';
  return isConvertible ? `cannot convert ${kind} to ${name}` : `unrecognized type: ${goTypeOf(schema)}`;
}
