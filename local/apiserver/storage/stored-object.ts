import type { KubeObject } from '../object.ts';

/** An object with its storage key. */
export interface StoredObject {
  storageKey: string;
  object: KubeObject;
}
