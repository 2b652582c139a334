import type { Environment } from '@marcbachmann/cel-js';
import { equalValues, LazyFields, lazily, toCel } from '../../cel/values.ts';
import { isObject } from '../../object.ts';
import { durationNanos } from '../../schema/durations.ts';
import type { Schema } from '../../schema/schema.ts';

/** The CEL type of a schema. */
export interface CelType {
  /** The type for the type checker: `int`, `list<string>` or the name of a type made for an object. */
  name: string;
  convert(this: void, value: unknown): unknown;
}

type Durations = (text: string) => unknown;

const reserved =
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  );

/** A field's name as a CEL identifier; undefined if it can't be one (k8s.io/apiserver, cel.Escape). */
export function escaped(name: string): string | undefined {
  if (reserved.includes(name)) return `__${name}__`;
  if (!/^[a-zA-Z_.\-/][\w.\-/]*$/.test(name)) return undefined;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** The type of a value, as Go names it. */
function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'map[string]interface {}';
}

/** A type whose values are a `type` in JSON. Values stored by an older schema may have another type. */
function scalar<T>(
  name: string,
  type: 'string' | 'number' | 'boolean',
  as: string,
  convert: (value: T) => unknown,
): CelType {
  return {
    name,
    convert(value) {
      if (value === null) return value;
      if (typeof value !== type) throw new Error(`invalid data, expected ${as}, got ${goTypeOf(value)}`);
      return convert(value as T);
    },
  };
}

function stringType({ format }: Schema, duration: Durations): CelType {
  const type = (name: string, convert: (value: string) => unknown): CelType =>
    scalar(name, 'string', 'string', convert);
  switch (format) {
    case 'byte':
      return type('bytes', (value) => Uint8Array.from(Buffer.from(value, 'base64')));
    case 'duration':
      return type('google.protobuf.Duration', duration);
    case 'date':
    case 'date-time':
      return type('google.protobuf.Timestamp', (value) => {
        const time = new Date(value);
        if (Number.isNaN(time.getTime())) throw new Error(`Invalid ${format} formatted string ${value}`);
        return time;
      });
    default:
      return type('string', (value) => value);
  }
}

const objectMeta: Schema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};

/** The common fields of objects, and of objects inside them, that rules can use. */
function withCommonFields(schema: Schema): Schema {
  const properties = { ...schema.properties, kind: { type: 'string' }, apiVersion: { type: 'string' } };
  return { ...schema, properties: { ...properties, metadata: objectMeta } };
}

/** Makes the CEL types of schemas in one environment. */
export function createTypes(environment: Environment): (schema: Schema, isRoot: boolean) => CelType | undefined {
  let count = 0;
  const parse = environment.parse('duration(text)');
  const duration: Durations = (value) => {
    const nanos = durationNanos(value);
    if (nanos === undefined) throw new Error(`Invalid duration ${value}: unable to parse ${value} as duration`);
    return parse({ text: `${nanos}ns` }) as unknown;
  };

  const objectType = (schema: Schema): CelType => {
    const fields = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
      const type = typeOf(property, property['x-kubernetes-embedded-resource'] === true);
      const name = escaped(key);
      return type === undefined || name === undefined ? [] : [{ key, name, type }];
    });
    const name = `Object${++count}`;
    const ctor = class extends LazyFields {};
    environment
      .registerType(name, { ctor, fields: Object.fromEntries(fields.map((field) => [field.name, field.type.name])) })
      .registerOperator(`${name} == ${name}`, equalValues);
    return {
      name,
      convert: (value) => {
        const object = isObject(value) ? value : {};
        const given = fields.filter(({ key }) => object[key] !== undefined && object[key] !== null);
        return new ctor(given.map((field) => [field.name, lazily(field.type.convert, object[field.key])]));
      },
    };
  };

  const containerType = (schema: Schema): CelType | undefined => {
    const { items, additionalProperties } = schema;
    if (schema.type === 'array') {
      const item = items && typeOf(items, items['x-kubernetes-embedded-resource'] === true);
      const convert = (value: unknown): unknown =>
        Array.from(Array.isArray(value) ? value : [], item?.convert ?? toCel);
      return item && { name: `list<${item.name}>`, convert };
    }
    if (typeof additionalProperties !== 'object') return objectType(schema);
    const item = typeOf(additionalProperties, additionalProperties['x-kubernetes-embedded-resource'] === true);
    if (item === undefined) return undefined;
    const entries = (value: unknown): [string, unknown][] => Object.entries(isObject(value) ? value : {});
    const convert = (value: unknown): unknown => new Map(entries(value).map(([key, one]) => [key, item.convert(one)]));
    return { name: `map<string, ${item.name}>`, convert };
  };

  const typeOf = (given: Schema, isRoot: boolean): CelType | undefined => {
    if (given['x-kubernetes-int-or-string'] === true) return { name: 'dyn', convert: toCel };
    const schema = isRoot ? withCommonFields(given) : given;
    switch (schema.type) {
      case 'array':
      case 'object':
        return containerType(schema);
      case 'string':
        return stringType(schema, duration);
      case 'boolean':
        return scalar('bool', 'boolean', 'bool', (value: boolean) => value);
      case 'number':
        return scalar('double', 'number', 'float', (value: number) => value);
      case 'integer':
        return scalar('int', 'number', 'int', (value: number) => {
          if (!Number.isInteger(value)) throw new Error('invalid data, expected int, got float64');
          return BigInt(value);
        });
      default:
        return undefined;
    }
  };
  return typeOf;
}
