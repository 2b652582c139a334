import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';
import type { Schema } from '../schema/schema.ts';

/** A place in a typed object: its schema, and whether unknown fields are allowed here and below. */
export interface Place {
  schema: Schema;
  open: boolean;
}

export interface MapShape {
  kind: 'map';
  /** Owned as a whole. */
  atomic: boolean;
  isDeclared(key: string): boolean;
  /** Undefined if the schema has no such field. */
  child(key: string): Place | undefined;
}

export interface ListShape {
  kind: 'list';
  /** Undefined: owned as a whole. */
  elementOf: ((item: unknown) => string) | undefined;
  items: Place;
}

export interface ScalarShape {
  kind: 'scalar';
}

export type Shape = MapShape | ListShape | ScalarShape;

/** Anything: maps by their keys, lists as a whole. */
const anything: Schema = {};
const atomicAnything: Schema = { 'x-kubernetes-map-type': 'atomic' };

export function placeOf(schema: Schema, open = false): Place {
  return { schema, open: open || schema['x-kubernetes-preserve-unknown-fields'] === true };
}

function mapShape({ schema, open }: Place): MapShape {
  const { properties, additionalProperties } = schema;
  const isDeclared = (key: string): boolean => properties !== undefined && Object.hasOwn(properties, key);
  const others = (): Place | undefined => {
    if (typeof additionalProperties === 'object') return placeOf(additionalProperties, open);
    const free = open || Object.keys(properties ?? {}).length === 0;
    return additionalProperties === true || (additionalProperties === undefined && free)
      ? placeOf(anything)
      : undefined;
  };
  return {
    kind: 'map',
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    isDeclared,
    child: (key) => (isDeclared(key) ? placeOf(properties?.[key] ?? anything, open) : others()),
  };
}

/** The error in a list item that can't be distinguished from others. */
export class UnnamedItemError extends Error {}

function byKeys(keys: string[], items: Schema): (item: unknown) => string {
  return (item) => {
    if (item === null) throw new UnnamedItemError('associative list with keys may not have a null element');
    if (!isObject(item)) throw new UnnamedItemError('associative list with keys may not have non-map elements');
    const named: JsonObject = {};
    for (const key of [...keys].sort()) {
      const value = item[key] ?? items.properties?.[key]?.default;
      if (value !== undefined) named[key] = value;
    }
    if (Object.keys(named).length === 0) {
      const list = keys.map((key) => JSON.stringify(key)).join(' ');
      throw new UnnamedItemError(
        `associative list with keys has an element that omits all key fields [${list}] (and doesn't have default values for any key fields)`,
      );
    }
    return `k:${JSON.stringify(named)}`;
  };
}

function byValue(item: unknown): string {
  if (isObject(item)) throw new UnnamedItemError("associative list without keys has an element that's a map type");
  if (Array.isArray(item)) throw new UnnamedItemError('not supported: associative list with lists as elements');
  if (item === null) throw new UnnamedItemError("associative list without keys has an element that's an explicit null");
  return `v:${JSON.stringify(item)}`;
}

function listShape({ schema, open }: Place): ListShape {
  const { items } = schema;
  const place = items === undefined ? placeOf(atomicAnything) : placeOf(items, open);
  switch (schema['x-kubernetes-list-type']) {
    case 'map':
      return {
        kind: 'list',
        elementOf: byKeys(schema['x-kubernetes-list-map-keys'] ?? [], place.schema),
        items: place,
      };
    case 'set':
      return { kind: 'list', elementOf: byValue, items: place };
    case undefined:
      return { kind: 'list', elementOf: byPatchStrategy(schema, place), items: place };
    default:
      return { kind: 'list', elementOf: undefined, items: place };
  }
}

/** A built-in list without a list type is merged as its strategic merge patch is. */
function byPatchStrategy(schema: Schema, items: Place): ListShape['elementOf'] {
  if (!(schema['x-kubernetes-patch-strategy'] ?? '').split(',').includes('merge')) return undefined;
  const key = schema['x-kubernetes-patch-merge-key'];
  return key === undefined ? byValue : byKeys([key], items.schema);
}

type Kind = Shape['kind'];

export function kindOf(value: unknown): Kind | undefined {
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? 'list' : isObject(value) ? 'map' : 'scalar';
}

function kindOfSchema({ type }: Schema): Kind | undefined {
  if (type === undefined) return undefined;
  return type === 'object' ? 'map' : type === 'array' ? 'list' : 'scalar';
}

/** How a value at this path is owned: by its schema's type, else by its own. */
export function shapeOf(place: Place, value: unknown): Shape {
  const kind = kindOfSchema(place.schema) ?? kindOf(value) ?? 'map';
  if (kind === 'list') return listShape(place);
  return kind === 'map' ? mapShape(place) : { kind: 'scalar' };
}
