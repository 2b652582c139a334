import type { Catalog } from '../catalog/catalog.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { definitionName, definitions, referenceOf } from '../schema/definitions.ts';
import type { Definition } from '../schema/definitions.ts';
import { OBJECT_META } from '../schema/models.ts';
import { verbsOf } from './documents.ts';
import { described } from './texts.ts';

const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta';

function pathOf({ group, version, namespaced, resource }: ResourceType): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespaced ? '/namespaces/{namespace}' : ''}/${resource}`;
}

const fieldValidation = {
  name: 'fieldValidation',
  in: 'query',
  description: 'What to do about unknown fields: Ignore, Warn or Strict.',
  schema: { type: 'string', uniqueItems: true },
};

function gvk({ group, version, kind }: ResourceType): JsonObject {
  return { group, version, kind };
}

/** HTTP methods of a collection and of an object, with the action that each is. */
const collectionActions = { get: 'list', post: 'post', delete: 'deletecollection' };
const objectActions = { get: 'get', put: 'put', patch: 'patch', delete: 'delete' };

function operations(type: ResourceType, actions: Record<string, string>): JsonObject {
  const verbs = verbsOf(type);
  const served = Object.entries(actions).filter(
    ([, action]) => action !== 'deletecollection' || verbs.includes('deletecollection'),
  );
  return Object.fromEntries(served.map(([method, action]) => [method, operation(type, action)]));
}

function operation(type: ResourceType, action: string): JsonObject {
  return {
    operationId: `${action}_${type.group}_${type.version}_${type.resource}`,
    parameters: [fieldValidation],
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(type),
  };
}

function groupVersionsOf(catalog: Catalog): Map<string, ResourceType[]> {
  return Map.groupBy(catalog.all(), ({ group, version }) =>
    group === '' ? `api/${version}` : `apis/${group}/${version}`,
  );
}

/** The index of OpenAPI v3 documents. */
export function openApiIndex(catalog: Catalog): JsonObject {
  const paths = [...groupVersionsOf(catalog).keys()].map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}` }]);
  return { paths: Object.fromEntries(paths) as JsonObject };
}

/** A reference with a description, in the form of OpenAPI 3.0. */
function refer(name: string, rest: JsonObject = {}): JsonObject {
  return { ...rest, allOf: [{ $ref: `#/components/schemas/${name}` }] };
}

/** Kubernetes' descriptions of the fields of every object and list. */
function commonFields(kind: string, meta: string): JsonObject {
  const { properties } = described(kind, definitions[kind] ?? {}) as { properties: Record<string, JsonObject> };
  const metadata = properties['metadata']?.['description'];
  return {
    apiVersion: properties['apiVersion'],
    kind: properties['kind'],
    metadata: refer(meta, metadata === undefined ? {} : { description: metadata }),
  };
}

/** A custom resource's schema with the fields of every object, also in embedded resources. */
function withCommonFields(schema: unknown, isRoot: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((one) => withCommonFields(one, false));
  if (!isObject(schema)) return schema;
  const out = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      isRoot && key === 'properties' ? value : withCommonFields(value, false),
    ]),
  );
  if (schema['x-kubernetes-int-or-string'] === true && out['anyOf'] === undefined && out['allOf'] === undefined)
    return { ...out, anyOf: [{ type: 'integer' }, { type: 'string' }] };
  if (!isRoot && schema['x-kubernetes-embedded-resource'] !== true) return out;
  const { metadata: _metadata, ...given } = isObject(schema['properties']) ? schema['properties'] : {};
  const properties = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, withCommonFields(value, false)]),
  );
  return { ...out, properties: { ...properties, ...commonFields('io.k8s.api.core.v1.Pod', OBJECT_META) } };
}

function customName({ group, version, kind }: ResourceType): string {
  return [...group.split('.').reverse(), version, kind].join('.');
}

function customSchemas(type: ResourceType): Record<string, JsonObject> {
  const name = customName(type);
  const schema = withCommonFields(type.schema, true) as JsonObject;
  const list = {
    description: `${type.listKind} is a list of ${type.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...commonFields('io.k8s.api.core.v1.Pod', LIST_META),
      items: {
        description: `List of ${type.resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: 'array',
        items: { $ref: `#/components/schemas/${name}` },
      },
    },
    'x-kubernetes-group-version-kind': [{ ...gvk(type), kind: type.listKind }],
  };
  const selectable = type.selectableFields.map((fieldPath) => ({ fieldPath }));
  return {
    [name]: {
      ...schema,
      'x-kubernetes-group-version-kind': [gvk(type)],
      ...(selectable.length === 0 ? {} : { 'x-kubernetes-selectable-fields': selectable }),
    },
    [`${name}List`]: list,
  };
}

function references(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(references);
  if (!isObject(schema)) return [];
  const own = referenceOf(schema);
  return [...(own === undefined ? [] : [own]), ...Object.values(schema).flatMap(references)];
}

/** Adds the definition and its references, with descriptions. */
function addDefinition(schemas: Record<string, JsonObject>, name: string): void {
  const definition: Definition | undefined = definitions[name];
  if (definition === undefined || schemas[name] !== undefined) return;
  schemas[name] = described(name, definition);
  for (const reference of references(definition)) addDefinition(schemas, reference);
}

/**
 * The OpenAPI v3 document of one group and version (`api/v1`, `apis/tekton.dev/v1`): the schemas of its kinds, from which kubectl explains
 * fields and makes patches, and the parameter by which kubectl knows that the server validates fields. Undefined if nothing is served
 * there.
 */
export function openApiDocument(catalog: Catalog, key: string): JsonObject | undefined {
  const types = groupVersionsOf(catalog).get(key);
  if (types === undefined) return undefined;
  const paths = types.flatMap((type) => [
    [pathOf(type), operations(type, collectionActions)],
    [`${pathOf(type)}/{name}`, operations(type, objectActions)],
  ]);
  const schemas: Record<string, JsonObject> = {};
  for (const type of types) {
    if (type.builtIn) addDefinition(schemas, definitionName(type));
    else Object.assign(schemas, customSchemas(type));
  }
  for (const reference of references(Object.values(schemas))) addDefinition(schemas, reference);
  return {
    openapi: '3.0.0',
    info: { title: 'Tektrace embedded Kubernetes', version: 'v1.36.0' },
    paths: Object.fromEntries(paths) as JsonObject,
    components: { schemas },
  };
}
