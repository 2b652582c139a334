import { objectKey } from '../../shared/kubernetes/types.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';

interface Written {
  uid: string | undefined;
  version: bigint;
  /** A reconcile was put off until the watch brings that version. */
  awaited: boolean;
}

function versionOf(object: KubeObject | undefined): bigint {
  const { resourceVersion = '' } = object?.metadata ?? {};
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}

/**
 * The version of each object that this process wrote last, until its watch has brought it. With an older one from the cache the same
 * work would be done again, to fail as a conflict.
 */
export class WrittenVersions {
  readonly #written = new Map<string, Written>();

  /** How many versions are still to come. */
  get size(): number {
    return this.#written.size;
  }

  /** `object` is what the API server answered to a write; `cached` is what the cache has now. */
  note(object: KubeObject, cached: KubeObject | undefined): void {
    const { uid } = object.metadata;
    const version = versionOf(object);
    // The watch may be faster than the answer, and the object gone with it.
    if (cached?.metadata.uid !== uid || versionOf(cached) >= version) return;
    this.#written.set(objectKey(object.metadata), { uid, version, awaited: false });
  }

  /** Whether the cache, which has `cached` under `key`, is older than what was written; `arrived` then says when to reconcile again. */
  isBehind(key: string, cached: KubeObject | undefined): boolean {
    const last = this.#written.get(key);
    if (!last) return false;
    if (cached?.metadata.uid === last.uid && versionOf(cached) < last.version) {
      last.awaited = true;
      return true;
    }
    this.#written.delete(key);
    return false;
  }

  /** The watch brought `object`; true when a reconcile was put off for it. */
  arrived(object: KubeObject): boolean {
    const key = objectKey(object.metadata);
    const last = this.#written.get(key);
    if (!last || (object.metadata.uid === last.uid && versionOf(object) < last.version)) return false;
    this.#written.delete(key);
    return last.awaited;
  }

  /** The object is gone. */
  forget({ metadata }: KubeObject): void {
    this.#written.delete(objectKey(metadata));
  }
}
