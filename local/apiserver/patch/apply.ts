import type { ResourceType } from '../catalog/resource-type.ts';
import { jsonKind } from '../go-text.ts';
import { isObject } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { badRequest, StatusError, unsupportedMediaType } from '../status.ts';
import { applyJsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import { readJsonPatch } from './read-json-patch.ts';
import { strategicPatch } from './strategic-patch.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

/** For built-in types the error does not list the supported media types. */
function requireBuiltIn(contentType: string, accepted: string[]): void {
  if (!accepted.includes(contentType))
    throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
}

function requireCustom(contentType: string, accepted: string[]): void {
  if (accepted.includes(contentType)) return;
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${[JSON_PATCH, MERGE_PATCH, APPLY_PATCH].join(', ')}`,
  );
}

/** Throws 415 with the supported types if the resource does not support this patch type. */
export function checkPatchType(contentType: string, type: ResourceType): void {
  const accepted = [JSON_PATCH, MERGE_PATCH, APPLY_PATCH];
  if (type.builtIn) requireBuiltIn(contentType, [...accepted, STRATEGIC_PATCH]);
  else requireCustom(contentType, accepted);
}

/** The same for a Scale, which can't be applied here. */
export function checkScalePatchType(contentType: string, { builtIn }: ResourceType): void {
  if (builtIn) requireBuiltIn(contentType, [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH]);
  else requireCustom(contentType, [JSON_PATCH, MERGE_PATCH]);
}

function requireObject(patch: unknown, prefix: string): JsonObject {
  if (isObject(patch)) return patch;
  // Go reads null as a map without keys.
  if (patch === null) return {};
  throw badRequest(`${prefix}json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
}

function applyOperations(object: KubeObject, patch: unknown, isLax: boolean): unknown {
  const operations = readJsonPatch(patch, isLax);
  try {
    return applyJsonPatch(object, operations);
  } catch {
    // The same error for any invalid operation.
    throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
  }
}

/** Applies `patch` to a copy of `object`; `contentType` has passed checkPatchType and is no apply. `isLax`: fields are not validated. */
export function applyPatch(
  contentType: string,
  schema: Schema,
  object: KubeObject,
  patch: unknown,
  isLax = false,
): JsonObject {
  switch (contentType) {
    case JSON_PATCH: {
      const patched = applyOperations(object, patch, isLax);
      if (!isObject(patched)) throw badRequest('the patch does not leave an object');
      return patched;
    }
    case MERGE_PATCH: {
      if (patch === null || (isLax && !isObject(patch))) throw badRequest('Invalid JSON Patch');
      return structuredClone(mergePatch(object, requireObject(patch, 'error decoding patch: '))) as JsonObject;
    }
    default:
      return strategicPatch(object, requireObject(patch, ''), schema);
  }
}
