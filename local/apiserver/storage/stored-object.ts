import type { KubeObject } from '../object.ts';

/** An object together with where it is stored. */
export interface StoredObject {
  storageKey: string;
  object: KubeObject;
}
