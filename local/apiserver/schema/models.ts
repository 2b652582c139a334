import { isObject } from '../object.ts';
import { definitions, referenceOf } from './definitions.ts';
import type { Definition } from './definitions.ts';
import { goOmitted } from './go-omitted.ts';
import { MICRO_TIME, TIME } from './go-times.ts';
import { QUANTITY } from './schema.ts';
import type { Schema } from './schema.ts';
import { writtenTimes } from './times.ts';

export const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** Types that Kubernetes decodes with their own code. */
const scalars: Record<string, Schema> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: 'string', format: QUANTITY },
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': { type: 'string', format: TIME },
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': { type: 'string', format: MICRO_TIME },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { 'x-kubernetes-int-or-string': true },
};

const kept = ['type', 'format', 'default'] as const;
const markers = [
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
] as const;

const cache = new Map<string, Schema>();

/** Schemas that add extensions to a definition; filled once the definition is complete. */
type Pending = { schema: Schema; target: Schema; own: Schema }[];

function ownPart(node: Definition): Schema {
  return Object.fromEntries(
    [...kept, ...markers].flatMap((key) => (node[key] === undefined ? [] : [[key, node[key]]])),
  );
}

function compileInto(schema: Schema, node: Definition, pending: Pending): Schema {
  Object.assign(schema, ownPart(node));
  const { properties, items, additionalProperties } = node;
  if (isObject(properties)) {
    schema.properties = Object.fromEntries(
      Object.entries(properties).map(([key, one]) => [key, compile(one as Definition, pending)]),
    );
    markOmitted(schema.properties, node['required']);
  }
  if (isObject(items)) schema.items = compile(items, pending);
  if (isObject(additionalProperties)) schema.additionalProperties = compile(additionalProperties, pending);
  const free = schema.type === 'object' && schema.properties === undefined && additionalProperties === undefined;
  if (free) schema['x-kubernetes-preserve-unknown-fields'] = true;
  return schema;
}

/** Optional lists and maps are omitted if empty. */
function markOmitted(properties: Record<string, Schema>, required: unknown): void {
  const needed: unknown[] = Array.isArray(required) ? required : [];
  for (const [key, schema] of Object.entries(properties)) {
    const isMap = schema.type === 'object' && schema.additionalProperties !== undefined;
    // An empty managedFields has a meaning: it resets them.
    const isWritten = needed.includes(key) || key === 'managedFields';
    if ((schema.type === 'array' || isMap) && !isWritten) schema.omitEmpty = true;
  }
}

function named(name: string, pending: Pending): Schema {
  const known = cache.get(name);
  if (known !== undefined) return known;
  const node = definitions[name];
  if (node === undefined) throw new Error(`no definition ${name} in definitions.json`);
  const schema: Schema = {};
  cache.set(name, schema);
  Object.assign(schema, scalars[name] ?? compileInto(schema, node, pending));
  if (schema.properties !== undefined) {
    schema.struct = name.slice(name.lastIndexOf('.') + 1);
    for (const field of goOmitted[schema.struct]?.split(' ') ?? []) {
      const { default: given, ...rest } = schema.properties[field] ?? {};
      const isZero = given === undefined || given === '' || given === 0 || given === false;
      Object.assign(schema.properties, {
        [field]: { ...rest, ...(isZero ? {} : { default: given }), omitEmpty: true },
      });
    }
  }
  for (const time of writtenTimes[name] ?? [])
    Object.assign(schema.properties ?? {}, {
      [time]: { type: 'string', format: TIME, ...schema.properties?.[time], nullable: true, default: null },
    });
  return schema;
}

function compile(node: Definition, pending: Pending): Schema {
  const reference = referenceOf(node);
  if (reference === undefined) return compileInto({}, node, pending);
  const target = named(reference, pending);
  const own = ownPart(node);
  if (Object.keys(own).length === 0) return target;
  const schema: Schema = {};
  pending.push({ schema, target, own });
  return schema;
}

/**
 * The structural schema of a definition of Kubernetes, such as `io.k8s.api.core.v1.Pod`: names, types, defaults, list and map types.
 * Required fields and allowed values are left out: a kube-apiserver decodes built-in types without them. `default: {}` marks structs that
 * are always written.
 */
export function namedSchema(name: string): Schema {
  const pending: Pending = [];
  const schema = named(name, pending);
  for (const { schema: repeated, target, own } of pending) Object.assign(repeated, target, own);
  for (const { schema: repeated } of pending) {
    // Times, quantities and numbers have no empty object.
    if (isObject(repeated.default) && repeated.type !== 'object') delete repeated.default;
  }
  return schema;
}

/** The metadata of every type. */
export function objectMetaSchema(): Schema {
  return namedSchema(OBJECT_META);
}
