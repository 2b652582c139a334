import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';
import type { Schema } from './schema.ts';

/** Finds an item of a list with keys in `old`, the list before; undefined if it is new. Other lists are compared as a whole. */
export function formerItems(schema: Schema, old: unknown): (item: unknown) => JsonObject | undefined {
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map') return () => undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const identityOf = (item: JsonObject): string =>
    JSON.stringify(keys.map((key) => (item[key] === undefined ? [] : [item[key]])));
  const items = new Map<string, JsonObject>();
  for (const item of old as unknown[]) {
    if (!isObject(item)) continue;
    const identity = identityOf(item);
    // Of duplicates the first counts.
    if (!items.has(identity)) items.set(identity, item);
  }
  return (item) => (isObject(item) ? items.get(identityOf(item)) : undefined);
}
