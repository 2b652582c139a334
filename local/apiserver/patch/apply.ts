import jsonPatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import type { ResourceType } from '../catalog/resource-type.ts';
import { isObject } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { badRequest, StatusError, unsupportedMediaType } from '../status.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicPatch } from './strategic-patch.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

function applyJsonPatch(object: KubeObject, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is a list of operations');
  try {
    return jsonPatch.applyPatch(structuredClone(object), patch as Operation[], true).newDocument;
  } catch (error: unknown) {
    const problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new StatusError(
      422,
      'Invalid',
      `the server rejected our request due to an error in our request: ${problem}`,
      {},
    );
  }
}

/** Whether the server takes this kind of patch for the resource; throws 415 with what it takes where it does not. */
export function checkPatchType(contentType: string, type: ResourceType): void {
  const accepted = [JSON_PATCH, MERGE_PATCH, ...(type.builtIn ? [STRATEGIC_PATCH] : [])];
  if (accepted.includes(contentType)) return;
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

/** The object that `patch` makes of `object`; `contentType` has passed checkPatchType. `object` is left as it is. */
export function applyPatch(contentType: string, object: KubeObject, patch: unknown): JsonObject {
  const patched =
    contentType === JSON_PATCH
      ? applyJsonPatch(object, patch)
      : contentType === MERGE_PATCH
        ? mergePatch(object, patch)
        : strategicPatch(object, patch);
  if (!isObject(patched)) throw badRequest('the patch does not leave an object');
  return structuredClone(patched);
}
