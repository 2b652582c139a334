import type { KubeObject } from '../object.ts';
import type { StoredObject } from './stored-object.ts';

/** Existing objects by uid, and dependents by owner. */
export interface OwnerIndex {
  replace(stored: StoredObject, previous: KubeObject | undefined): void;
  remove(object: KubeObject): void;
  byUid(uid: string): StoredObject | undefined;
  ownedBy(uid: string): StoredObject[];
}

export function createOwnerIndex(): OwnerIndex {
  const objects = new Map<string, StoredObject>();
  const children = new Map<string, Set<string>>();
  const unlink = (object: KubeObject): void => {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const set = children.get(owner.uid);
      set?.delete(object.metadata.uid ?? '');
      if (set?.size === 0) children.delete(owner.uid);
    }
  };
  return {
    replace(stored, previous) {
      if (previous !== undefined) unlink(previous);
      const uid = stored.object.metadata.uid ?? '';
      objects.set(uid, stored);
      for (const owner of stored.object.metadata.ownerReferences ?? []) {
        const set = children.get(owner.uid) ?? new Set();
        children.set(owner.uid, set.add(uid));
      }
    },
    remove(object) {
      unlink(object);
      objects.delete(object.metadata.uid ?? '');
    },
    byUid: (uid) => objects.get(uid),
    ownedBy: (uid) => [...(children.get(uid) ?? [])].flatMap((child) => objects.get(child) ?? []),
  };
}
