import type { Catalog } from '../catalog/catalog.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';

function pathOf({ group, version, namespaced, resource }: ResourceType): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespaced ? '/namespaces/{namespace}' : ''}/${resource}/{name}`;
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
  const found = new Map<string, ResourceType[]>();
  for (const type of catalog.all()) {
    const key = type.group === '' ? `api/${type.version}` : `apis/${type.group}/${type.version}`;
    found.set(key, [...(found.get(key) ?? []), type]);
  }
  return found;
}

/** The index of OpenAPI v3 documents. */
export function openApiIndex(catalog: Catalog): JsonObject {
  const paths = [...groupVersionsOf(catalog).keys()].map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}` }]);
  return { paths: Object.fromEntries(paths) as JsonObject };
}

/** The schema as a document without cycles: a type of Kubernetes itself that contains itself ends in a free-form object. */
function acyclic(schema: unknown, above: unknown[] = []): unknown {
  if (above.includes(schema)) return { type: 'object' };
  if (Array.isArray(schema)) return schema.map((one) => acyclic(one, above));
  if (!isObject(schema)) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, acyclic(value, [...above, schema])]));
}

function componentName({ group, version, kind }: ResourceType): string {
  return `${group === '' ? 'core' : group.split('.').reverse().join('.')}.${version}.${kind}`;
}

/**
 * The OpenAPI v3 document of one group and version (`api/v1`, `apis/tekton.dev/v1`): enough for kubectl to see that the server
 * validates fields itself, and for `kubectl explain`. Undefined where nothing is served there.
 */
export function openApiDocument(catalog: Catalog, key: string): JsonObject | undefined {
  const types = groupVersionsOf(catalog).get(key);
  if (types === undefined) return undefined;
  const paths = types.map((type) => [
    pathOf(type),
    { get: operation(type, 'get'), patch: operation(type, 'patch'), put: operation(type, 'put') },
  ]);
  const schemas = types.map((type) => [
    componentName(type),
    { ...(acyclic(type.schema) as JsonObject), 'x-kubernetes-group-version-kind': [gvk(type)] },
  ]);
  return {
    openapi: '3.0.0',
    info: { title: 'Tektrace embedded Kubernetes', version: 'v1.36.0' },
    paths: Object.fromEntries(paths) as JsonObject,
    components: { schemas: Object.fromEntries(schemas) as JsonObject },
  };
}
