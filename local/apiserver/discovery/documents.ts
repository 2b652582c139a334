import { createHash } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.ts';
import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import type { JsonObject } from '../object.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
export const subresourceVerbs: Record<string, string[]> = {
  status: ['get', 'patch', 'update'],
  scale: ['get', 'patch', 'update'],
  log: ['get'],
  binding: ['create'],
  token: ['create'],
  finalize: ['update'],
};
/** For subresources of another kind than the resource. */
export const subresourceKinds: Record<string, { group?: string; version?: string; kind: string } | undefined> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  binding: { kind: 'Binding' },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' },
};

/** Reviews can be created only; they are not stored. */
export const reviewResources = [
  { group: 'authentication.k8s.io', version: 'v1', resource: 'selfsubjectreviews', kind: 'SelfSubjectReview' },
  {
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'selfsubjectaccessreviews',
    kind: 'SelfSubjectAccessReview',
  },
];

export interface GroupVersion {
  group: string;
  version: string;
}

/** A resource's verbs. Namespaces have no deletecollection. */
export function verbsOf(type: ResourceType): string[] {
  if (!type.builtIn) return customVerbs;
  return type.storageKey === '/namespaces' ? verbs.filter((verb) => verb !== 'deletecollection') : verbs;
}

/** The built-in groups in a kube-apiserver's order; others follow by name. */
const firstGroups = [
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'coordination.k8s.io',
];

function byPlace([a]: [string, string[]], [b]: [string, string[]]): number {
  const place = (group: string): number => {
    const index = firstGroups.indexOf(group);
    return index < 0 ? firstGroups.length : index;
  };
  return place(a) - place(b) || (a < b ? -1 : 1);
}

/** The groups but the core one, with their versions. */
export function groupVersions(catalog: Catalog): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { group, version } of [...catalog.all(), ...reviewResources]) {
    if (group === '') continue;
    const versions = groups.get(group) ?? [];
    if (!versions.includes(version)) groups.set(group, [...versions, version]);
  }
  return new Map([...groups].sort(byPlace));
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

/** Lets clients see that the storage version has changed. */
function storageVersionHash({ group, kind, storageVersion, version }: ResourceType): string {
  const hash = createHash('sha256').update(`${group}/${storageVersion ?? version}/${kind}`);
  return hash.digest().subarray(0, 8).toString('base64');
}

function entries(type: ResourceType): (JsonObject & { name: string })[] {
  const { resource, singular, namespaced, kind, shortNames, categories } = type;
  const main = {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs: verbsOf(type),
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    storageVersionHash: storageVersionHash(type),
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

/** What one group and version serves, as `kubectl api-resources` reads it; undefined if nothing is served. */
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
  const resources = [...types.flatMap(entries), ...reviews];
  // Those of custom resources are in the order of their definitions.
  const isOwn = types.every((type) => type.builtIn);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: isOwn ? resources.sort((a, b) => (a.name < b.name ? -1 : 1)) : resources,
  };
}
