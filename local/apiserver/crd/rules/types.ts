import type { Environment } from '@marcbachmann/cel-js';
import { toCel } from '../../cel/values.ts';
import { equalValues } from '../../cel/values.ts';
import { isObject } from '../../object.ts';
import type { Schema } from '../../schema/schema.ts';

/** How the values of a schema are seen in CEL. */
export interface CelType {
  /** As expressions are checked by it: `int`, `list<string>` or the name of a type made for an object. */
  name: string;
  convert(this: void, value: unknown): unknown;
}

type Durations = (text: string) => unknown;

const reserved =
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  );

/** A field's name as an identifier of CEL; undefined where it can't be one (k8s.io/apiserver, cel.Escape). */
export function escaped(name: string): string | undefined {
  if (reserved.includes(name)) return `__${name}__`;
  if (!/^[a-zA-Z_.\-/][\w.\-/]*$/.test(name)) return undefined;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

const text: CelType = { name: 'string', convert: (value) => value };

function stringType({ format }: Schema, duration: Durations): CelType {
  switch (format) {
    case 'byte':
      return { name: 'bytes', convert: (value) => Uint8Array.from(Buffer.from(String(value), 'base64')) };
    case 'duration':
      return { name: 'google.protobuf.Duration', convert: (value) => duration(String(value)) };
    case 'date':
    case 'date-time':
      return { name: 'google.protobuf.Timestamp', convert: (value) => new Date(String(value)) };
    default:
      return text;
  }
}

const objectMeta: Schema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};

/** Of an object and of objects inside of it, rules see this much of what all objects have. */
function withCommonFields(schema: Schema): Schema {
  const properties = { ...schema.properties, kind: { type: 'string' }, apiVersion: { type: 'string' } };
  return { ...schema, properties: { ...properties, metadata: objectMeta } };
}

/** Makes the CEL types of schemas in one environment. */
export function createTypes(environment: Environment): (schema: Schema, isRoot: boolean) => CelType | undefined {
  let count = 0;
  const parse = environment.parse('duration(text)');
  const duration: Durations = (value) => parse({ text: value }) as unknown;

  const objectType = (schema: Schema): CelType => {
    const fields = Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
      const type = typeOf(property, property['x-kubernetes-embedded-resource'] === true);
      const name = escaped(key);
      return type === undefined || name === undefined ? [] : [{ key, name, type }];
    });
    const name = `Object${++count}`;
    const ctor = class extends Map<string, unknown> {};
    environment
      .registerType(name, { ctor, fields: Object.fromEntries(fields.map((field) => [field.name, field.type.name])) })
      .registerOperator(`${name} == ${name}`, equalValues);
    return {
      name,
      convert: (value) => {
        const object = isObject(value) ? value : {};
        const given = fields.filter(({ key }) => object[key] !== undefined && object[key] !== null);
        return new ctor(given.map((field) => [field.name, field.type.convert(object[field.key])]));
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
        return { name: 'bool', convert: (value) => value };
      case 'number':
        return { name: 'double', convert: Number };
      case 'integer':
        return { name: 'int', convert: (value) => BigInt(value as number) };
      default:
        return undefined;
    }
  };
  return typeOf;
}
