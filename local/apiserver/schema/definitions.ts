import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';
import data from './definitions.json' with { type: 'json' };

/** An OpenAPI v3 schema of Kubernetes as its API server publishes it, without texts; other definitions are named by `$ref`. */
export type Definition = JsonObject;

interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

const PREFIX = '#/components/schemas/';

/** By name, such as `io.k8s.api.core.v1.Pod`. */
export const definitions = data.definitions as Record<string, Definition>;

/** The name that a `$ref` in `schema` gives (itself, or as its only `allOf`); undefined without a reference. */
export function referenceOf(schema: Definition): string | undefined {
  const [only] = Array.isArray(schema['allOf']) ? (schema['allOf'] as unknown[]) : [];
  const reference = schema['$ref'] ?? (isObject(only) ? only['$ref'] : undefined);
  return typeof reference === 'string' ? reference.slice(PREFIX.length) : undefined;
}

function isOfKind(definition: Definition, { group, version, kind }: GroupVersionKind): boolean {
  const gvks = definition['x-kubernetes-group-version-kind'];
  return (
    Array.isArray(gvks) &&
    gvks.some(
      (one: unknown) => isObject(one) && one['group'] === group && one['version'] === version && one['kind'] === kind,
    )
  );
}

/** Whether this is a known kind of Kubernetes. */
export function isDefined(kind: GroupVersionKind): boolean {
  return Object.values(definitions).some((definition) => isOfKind(definition, kind));
}

/** The name of the definition of a built-in kind. Throws if there is none. */
export function definitionName(kind: GroupVersionKind): string {
  const found = Object.entries(definitions).find(([, definition]) => isOfKind(definition, kind));
  if (found === undefined)
    throw new Error(`no definition of ${kind.group}/${kind.version} ${kind.kind} in definitions.json`);
  return found[0];
}
