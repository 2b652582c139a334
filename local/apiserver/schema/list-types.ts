import { duplicate } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject } from '../object.ts';
import { fieldPath } from './schema.ts';
import type { Schema } from './schema.ts';

/** The identity of an item of a set or map; undefined without one. */
function identityOf(schema: Schema, item: unknown): unknown {
  if (schema['x-kubernetes-list-type'] === 'set') return item;
  if (!isObject(item)) return undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  return Object.fromEntries(keys.flatMap((key) => (item[key] === undefined ? [] : [[key, item[key]]])));
}

/** Each duplicate once, with the index of its second occurrence. */
function duplicatesIn(schema: Schema, list: unknown[], path: string): FieldError[] {
  const counts = new Map<string, number>();
  return list.flatMap((item, index) => {
    const identity = identityOf(schema, item);
    const text = JSON.stringify(identity);
    if (text === undefined) return [];
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    return count === 2 ? [duplicate(`${path}[${index}]`, identity)] : [];
  });
}

/** The duplicates in a list of type set or map. */
export function checkListTypes(schema: Schema, value: unknown, path = ''): FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    const type = schema['x-kubernetes-list-type'];
    const own = type === 'set' || type === 'map' ? duplicatesIn(schema, value, path) : [];
    const inner = items === undefined ? [] : value.flatMap((item, at) => checkListTypes(items, item, `${path}[${at}]`));
    return [...own, ...inner];
  }
  if (!isObject(value)) return [];
  const { properties, additionalProperties } = schema;
  return Object.entries(value).flatMap(([key, item]) => {
    const named = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (named !== undefined) return checkListTypes(named, item, fieldPath(path, key));
    return typeof additionalProperties === 'object'
      ? checkListTypes(additionalProperties, item, `${path}[${key}]`)
      : [];
  });
}
