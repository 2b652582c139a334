import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { MICRO_TIME, storedTime, TIME } from './go-times.ts';
import { objectMetaSchema } from './models.ts';
import { canonicalQuantity } from './quantities.ts';
import { fieldPath, QUANTITY } from './schema.ts';
import type { Schema } from './schema.ts';

const typeMeta: Record<string, Schema> = { apiVersion: { type: 'string' }, kind: { type: 'string' } };

/** The schema with the common fields of objects, which a CustomResourceDefinition may omit. */
export function withObjectFields(schema: Schema): Schema {
  return { ...schema, properties: { ...schema.properties, ...typeMeta, metadata: objectMetaSchema() } };
}

/** Paths of unknown fields, in the order of the walk. */
export interface UnknownFields {
  paths: string[];
  /** Those in the metadata of embedded objects. */
  embedded: string[];
}

export const noUnknownFields = (): UnknownFields => ({ paths: [], embedded: [] });

function pruneObject(schema: Schema, value: JsonObject, path: string, unknown: UnknownFields): JsonObject {
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const effective = isEmbedded ? withObjectFields(schema) : schema;
  const inMetadata: UnknownFields = { paths: unknown.embedded, embedded: unknown.embedded };
  const keepUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
  const values = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const isScalar = schema['x-kubernetes-int-or-string'] === true;
  const out: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const property =
      effective.properties && Object.hasOwn(effective.properties, key) ? effective.properties[key] : values;
    if (property !== undefined)
      out[key] = prune(property, item, fieldPath(path, key), isEmbedded && key === 'metadata' ? inMetadata : unknown);
    else if (keepUnknown || (effective.type === undefined && !isScalar)) out[key] = item;
    else unknown.paths.push(fieldPath(path, key));
  }
  return out;
}

/** A copy of `value` without the fields that `schema` does not know (their paths are added to `unknown`), quantities as strings. */
export function prune(schema: Schema, value: unknown, path: string, unknown: UnknownFields): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item, index) => prune(items, item, `${path}[${index}]`, unknown));
  }
  if (schema.format === QUANTITY && (typeof value === 'number' || typeof value === 'string'))
    return canonicalQuantity(String(value));
  if ((schema.format === TIME || schema.format === MICRO_TIME) && typeof value === 'string')
    return storedTime(schema.format, value);
  return isObject(value) ? pruneObject(schema, value, path, unknown) : value;
}
