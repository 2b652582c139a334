import type { KubeClient } from './client.ts';
import { isNotFound, isOfAnother } from './errors.ts';
import { MERGE_PATCH, resourcePath } from './resources.ts';
import type { Resource } from './resources.ts';
import type { KubeObject } from './types.ts';

/** A key as one part of a JSON Pointer (RFC 6901). */
export function pointerToken(key: string): string {
  // The order matters: otherwise a `/` would become `~01`.
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** null removes the annotation. */
export type AnnotationChanges = Record<string, string | null>;

export interface AnnotationPatchOptions {
  /** Whether an annotation may be written; others are refused. */
  isOurs: (key: string) => boolean;
  /** Only if the object has not changed since it was read. */
  unchanged?: boolean;
}

export interface AnnotationPatch {
  metadata: { uid: string; resourceVersion?: string; annotations: AnnotationChanges };
}

/**
 * A merge patch of annotations, for this object only: it has the uid, so an object that was deleted and created again refuses it (422). Throws for
 * a key that may not be written, and for an object that was not read from a server.
 */
export function annotationPatch(
  { metadata }: KubeObject,
  changes: AnnotationChanges,
  { isOurs, unchanged = false }: AnnotationPatchOptions,
): AnnotationPatch {
  const { name, uid, resourceVersion } = metadata;
  const others = Object.keys(changes).filter((key) => !isOurs(key));
  if (others.length > 0) throw new Error(`these annotations may not be changed: ${others.join(', ')}`);
  if (uid === undefined || (unchanged && resourceVersion === undefined))
    throw new Error(`${name} has no uid or resourceVersion: it was not read from a server`);
  return {
    metadata: { uid, ...(unchanged && resourceVersion !== undefined && { resourceVersion }), annotations: changes },
  };
}

/**
 * Writes annotations (`annotationPatch`). Resolves to the patched object; to undefined if it was deleted, even if another object has its name.
 * Throws as the client does: 409 if it has changed.
 */
export async function patchAnnotations<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  object: T,
  changes: AnnotationChanges,
  options: AnnotationPatchOptions & { signal?: AbortSignal },
): Promise<T | undefined> {
  const { namespace, name } = object.metadata;
  const body = annotationPatch(object, changes, options);
  const signal = options.signal && { signal: options.signal };
  try {
    const path = resourcePath(resource, { namespace, name });
    return await client.request<T>('PATCH', path, { body, contentType: MERGE_PATCH, ...signal });
  } catch (error) {
    if (isNotFound(error) || isOfAnother(error)) return undefined;
    throw error;
  }
}
