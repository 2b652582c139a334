import { objectKey } from '../../shared/kubernetes/types.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';

interface Written {
  uid: string | undefined;
  version: bigint;
  /** Whether a reconcile waits for the watch to bring that version. */
  awaited: boolean;
}

function versionOf(object: KubeObject | undefined): bigint {
  const { resourceVersion = '' } = object?.metadata ?? {};
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}

/**
 * The last version that this process wrote of each object, until the watch brings it. A reconcile with an older version from the cache would repeat
 * work, and its write would conflict.
 */
export class WrittenVersions {
  readonly #written = new Map<string, Written>();

  /** Number of versions that the watch has not brought. */
  get size(): number {
    return this.#written.size;
  }

  /** Notes a write. `object` is the API server's response, `cached` the present object in the cache. */
  note(object: KubeObject, cached: KubeObject | undefined): void {
    const { uid } = object.metadata;
    const version = versionOf(object);
    // The watch may be faster than the response, and the object may be deleted already.
    if (cached?.metadata.uid !== uid || versionOf(cached) >= version) return;
    this.#written.set(objectKey(object.metadata), { uid, version, awaited: false });
  }

  /** Whether `cached`, the cache's object of `key`, is older than the last write. Then `arrived` returns true when to reconcile again. */
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

  /** To be called when the watch brings `object`. True if a reconcile waited for it. */
  arrived(object: KubeObject): boolean {
    const key = objectKey(object.metadata);
    const last = this.#written.get(key);
    if (!last || (object.metadata.uid === last.uid && versionOf(object) < last.version)) return false;
    this.#written.delete(key);
    return last.awaited;
  }

  /** To be called when the object was deleted. */
  forget({ metadata }: KubeObject): void {
    this.#written.delete(objectKey(metadata));
  }
}
