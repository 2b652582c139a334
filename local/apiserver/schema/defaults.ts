import { isObject } from '../object.ts';
import type { Schema } from './schema.ts';

/** Fills in the schema's defaults, in place; a null if null is not allowed counts as absent, as in Kubernetes. */
export function applyDefaults(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) applyDefaults(schema.items, item);
    return;
  }
  if (!isObject(value)) return;
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    if (
      property.default !== undefined &&
      (value[key] === undefined || (value[key] === null && property.nullable !== true))
    ) {
      value[key] = structuredClone(property.default);
    }
    if (value[key] !== undefined) applyDefaults(property, value[key]);
  }
  if (typeof schema.additionalProperties === 'object') {
    for (const [key, item] of Object.entries(value)) {
      if (schema.properties?.[key] === undefined) applyDefaults(schema.additionalProperties, item);
    }
  }
}

function isEmpty(value: unknown): boolean {
  if (value === '' || value === 0 || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0;
}

/** Go's value for a null in a map of strings or a list of bytes; undefined for other values. */
function readAs(property: Schema, item: unknown, isMember: boolean): string | undefined {
  const isBytes = property.format === 'byte';
  if (isBytes && Array.isArray(item)) return Buffer.from(item as number[]).toString('base64');
  return item === null && isMember && (isBytes || property.default === '') ? '' : undefined;
}

/**
 * Removes nulls that the schema does not allow, in place: Kubernetes drops them from objects instead of refusing them. For built-in types
 * also removes the empty lists, maps and scalars that Go does not write.
 */
export function dropNulls(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) return dropNullsOfList(schema, value);
  if (!isObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    const property =
      schema.properties?.[key] ??
      (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined);
    if (property === undefined) continue;
    const read = readAs(property, item, schema.properties?.[key] === undefined);
    if (read !== undefined) value[key] = read;
    else if (item === null && property.nullable !== true) delete value[key];
    else if (property.omitEmpty === true && isEmpty(item)) delete value[key];
    else dropNulls(property, item);
  }
}

function dropNullsOfList({ items }: Schema, list: unknown[]): void {
  if (items === undefined) return;
  for (const [index, item] of list.entries()) {
    // Go reads a null as an empty struct, an empty string or zero.
    const zero = items.struct === undefined ? items.default : {};
    if (item === null && items.nullable !== true && zero !== undefined) list[index] = structuredClone(zero);
    dropNulls(items, list[index]);
  }
}
