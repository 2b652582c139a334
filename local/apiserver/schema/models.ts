import * as client from '@kubernetes/client-node';
import { QUANTITY } from './schema.ts';
import type { Schema } from './schema.ts';

interface Attribute {
  baseName: string;
  type: string;
  format: string;
}

const cache = new Map<string, Schema>();

function attributesOf(model: string): Attribute[] | undefined {
  const type: unknown = (client as unknown as Record<string, unknown>)[model];
  return (type as { attributeTypeMap?: Attribute[] } | undefined)?.attributeTypeMap;
}

/** Quantities may be written as numbers; the models know them as strings only. */
const quantities = [
  'limits',
  'requests',
  'capacity',
  'allocatable',
  'allocatedResources',
  'overhead',
  'sizeLimit',
  'divisor',
];

function attributeSchema({ baseName, type, format }: Attribute): Schema {
  // Entries that fields are recorded in are free-form by definition.
  if (baseName === 'fieldsV1') return { 'x-kubernetes-preserve-unknown-fields': true };
  if (!quantities.includes(baseName)) return schemaOfType(type, format);
  const quantity: Schema = { type: 'string', format: QUANTITY };
  return type === 'string'
    ? quantity
    : type.startsWith('{')
      ? { type: 'object', additionalProperties: quantity }
      : schemaOfType(type, format);
}

function schemaOfType(type: string, format: string): Schema {
  const list = /^Array<(.+)>$/.exec(type);
  if (list?.[1] !== undefined) return { type: 'array', items: schemaOfType(list[1], format) };
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type);
  if (map?.[1] !== undefined) return { type: 'object', additionalProperties: schemaOfType(map[1], format) };
  switch (type) {
    case 'string':
      return { type: 'string' };
    case 'boolean':
      return { type: 'boolean' };
    case 'number':
      return { type: format === 'double' ? 'number' : 'integer' };
    case 'Date':
    case 'V1MicroTime':
      return { type: 'string', format: 'date-time' };
    case 'IntOrString':
      return { 'x-kubernetes-int-or-string': true };
    default:
      return attributesOf(type) === undefined ? { 'x-kubernetes-preserve-unknown-fields': true } : modelSchema(type);
  }
}

/**
 * The structural schema of a core type, from the models of @kubernetes/client-node (generated from the OpenAPI document of the
 * Kubernetes release that package follows), such as `V1Pod`. Field names and types; those models do not say what is required.
 */
export function modelSchema(model: string): Schema {
  const known = cache.get(model);
  if (known !== undefined) return known;
  const attributes = attributesOf(model);
  if (attributes === undefined) throw new Error(`@kubernetes/client-node has no model ${model}`);
  const schema: Schema = { type: 'object', properties: {} };
  cache.set(model, schema);
  for (const attribute of attributes) (schema.properties ??= {})[attribute.baseName] = attributeSchema(attribute);
  return schema;
}
