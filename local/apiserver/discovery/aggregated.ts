import type { Catalog } from '../catalog/catalog.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import type { JsonObject } from '../object.ts';
import { groupVersions, reviewResources, subresourceKinds, subresourceVerbs, verbsOf } from './documents.ts';
import type { GroupVersion } from './documents.ts';

export const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** A resource's response kind. For built-in kinds, group and version are left out if they are those of the document. */
function responseKind({ builtIn, group, version, kind }: ResourceType): JsonObject {
  return builtIn ? { group: '', version: '', kind } : { group, version, kind };
}

function subresource(type: ResourceType, name: string): JsonObject {
  const other = subresourceKinds[name];
  return {
    subresource: name,
    responseKind: other === undefined ? responseKind(type) : { group: '', version: '', ...other },
    verbs: subresourceVerbs[name] ?? [],
  };
}

function resource(type: ResourceType): JsonObject {
  const { shortNames, categories, subresources } = type;
  return {
    resource: type.resource,
    responseKind: responseKind(type),
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: verbsOf(type),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(subresources.length > 0
      ? { subresources: [...subresources].sort().map((name) => subresource(type, name)) }
      : {}),
  };
}

function versionDiscovery(catalog: Catalog, { group, version }: GroupVersion): JsonObject {
  const here = (one: GroupVersion): boolean => one.group === group && one.version === version;
  const reviews = reviewResources.filter(here).map(({ resource: name, kind }) => ({
    resource: name,
    responseKind: { group: '', version: '', kind },
    scope: 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  }));
  const resources = [...catalog.all().filter(here).map(resource), ...reviews] as { resource: string }[];
  return {
    version,
    resources: resources.sort((a, b) => (a.resource < b.resource ? -1 : 1)),
    freshness: 'Current',
  };
}

/**
 * All resources of one root (`/api`: the core group, `/apis`: the others) in one document, as kubectl asks for them
 * (apidiscovery.k8s.io/v2).
 */
export function aggregatedDiscovery(catalog: Catalog, root: 'api' | 'apis'): JsonObject {
  const groups = root === 'api' ? [['', ['v1']] as const] : [...groupVersions(catalog)];
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versions.map((version) => versionDiscovery(catalog, { group, version })),
    })),
  };
}
