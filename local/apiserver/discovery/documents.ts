import type { Catalog } from '../catalog/catalog.ts';
import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import type { JsonObject } from '../object.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const subresourceVerbs: Record<string, string[]> = {
  status: ['get', 'patch', 'update'],
  scale: ['get', 'patch', 'update'],
  log: ['get'],
  binding: ['create'],
  token: ['create'],
  finalize: ['update'],
};
const subresourceKinds: Record<string, { group?: string; version?: string; kind: string }> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  binding: { kind: 'Binding' },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
};

/** Reviews are only answered, never stored. */
export const reviewResources = [
  { group: 'authentication.k8s.io', version: 'v1', resource: 'selfsubjectreviews', kind: 'SelfSubjectReview' },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
  },
];

interface GroupVersion {
  group: string;
  version: string;
}

function groupVersions(catalog: Catalog): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { group, version } of [...catalog.all(), ...reviewResources]) {
    if (group === '') continue;
    const versions = groups.get(group) ?? [];
    if (!versions.includes(version)) groups.set(group, [...versions, version]);
  }
  return groups;
}

function apiGroup(name: string, versions: string[]): JsonObject {
  const listed = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] };
}

export function coreVersions(address: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  };
}

export function apiGroupList(catalog: Catalog): JsonObject {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...groupVersions(catalog)].map(([name, versions]) => apiGroup(name, versions)),
  };
}

export function apiGroupDocument(catalog: Catalog, name: string): JsonObject | undefined {
  const versions = groupVersions(catalog).get(name);
  return versions && { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(name, versions) };
}

function entries(type: ResourceType): JsonObject[] {
  const { resource, singular, namespaced, kind, shortNames, categories } = type;
  const main = {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs: type.builtIn ? verbs : customVerbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const parts = type.subresources.map((subresource) => ({
    name: `${resource}/${subresource}`,
    singularName: '',
    namespaced,
    kind,
    ...subresourceKinds[subresource],
    verbs: subresourceVerbs[subresource] ?? [],
  }));
  return [main, ...parts];
}

/** What one group and version serves, as `kubectl api-resources` reads it; undefined where nothing. */
export function apiResourceList(catalog: Catalog, { group, version }: GroupVersion): JsonObject | undefined {
  const here = (one: GroupVersion): boolean => one.group === group && one.version === version;
  const types = catalog.all().filter(here);
  const reviews = reviewResources.filter(here).map(({ resource, kind }) => ({
    name: resource,
    singularName: kind.toLowerCase(),
    namespaced: false,
    kind,
    verbs: ['create'],
  }));
  if (types.length + reviews.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: [...types.flatMap(entries), ...reviews],
  };
}
