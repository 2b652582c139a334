import { builtInTypes } from './built-in.ts';
import { apiVersionOf } from './resource-type.ts';
import type { ResourceType } from './resource-type.ts';

/** The resources that are served now. CustomResourceDefinitions come and go while the server runs. */
export interface Catalog {
  find(group: string, version: string, resource: string): ResourceType | undefined;
  ofKind(apiVersion: string, kind: string): ResourceType | undefined;
  /** Every served version of one resource, preferred version first. */
  versions(storageKey: string): ResourceType[];
  all(): ResourceType[];
  /** Replaces the served versions of `storageKey`; an empty list removes the resource. */
  set(storageKey: string, types: ResourceType[]): void;
}

export function createCatalog(): Catalog {
  const byStorage = new Map<string, ResourceType[]>();
  for (const type of builtInTypes()) byStorage.set(type.storageKey, [type]);
  const all = (): ResourceType[] => [...byStorage.values()].flat();
  return {
    find: (group, version, resource) => byStorage.get(`${group}/${resource}`)?.find((type) => type.version === version),
    ofKind: (apiVersion, kind) => all().find((type) => type.kind === kind && apiVersionOf(type) === apiVersion),
    versions: (storageKey) => byStorage.get(storageKey) ?? [],
    all,
    set(storageKey, types) {
      if (types.length === 0) byStorage.delete(storageKey);
      else byStorage.set(storageKey, types);
    },
  };
}
