import type { ResourceType } from '../catalog/resource-type.ts';
import { goJson } from '../go-text.ts';
import { isObject, valueAt, withSortedKeys } from '../object.ts';
import type { JsonObject } from '../object.ts';

/** The fields of Go's structs, in the order in which they are written. */
const metadataFields = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];
const ownerFields = ['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion'];
const managerFields = ['manager', 'operation', 'apiVersion', 'time', 'fieldsType', 'fieldsV1', 'subresource'];

function inOrder(value: unknown, fields: string[]): unknown {
  if (!isObject(value)) return value;
  const known = fields.filter((field) => value[field] !== undefined);
  return Object.fromEntries(known.map((field) => [field, value[field]]));
}

const listInOrder = (value: unknown, fields: string[]): unknown =>
  Array.isArray(value) ? value.map((item) => inOrder(item, fields)) : value;

/** Whether a patch changes an object's own metadata. */
function touchesMetadata(patch: unknown): boolean {
  if (!Array.isArray(patch)) return isObject(valueAt(patch, 'metadata'));
  return patch.some((one) => isObject(one) && typeof one['path'] === 'string' && one['path'].startsWith('/metadata/'));
}

/**
 * The result of a JSON or merge patch in errors: maps on the patch's paths have sorted keys, the rest of a built-in object is as Go writes
 * structs.
 */
export function shownPatched({ builtIn }: ResourceType, patched: JsonObject, patch: unknown): string {
  const sorted = withSortedKeys(patched) as JsonObject;
  const { metadata } = sorted;
  if (!builtIn || !isObject(metadata)) return goJson(sorted);
  const { ownerReferences, managedFields } = metadata;
  const lists = {
    ...(ownerReferences === undefined ? {} : { ownerReferences: listInOrder(ownerReferences, ownerFields) }),
    ...(managedFields === undefined ? {} : { managedFields: listInOrder(managedFields, managerFields) }),
  };
  const whole = { ...metadata, ...lists };
  return goJson({ ...sorted, metadata: touchesMetadata(patch) ? whole : inOrder(whole, metadataFields) });
}
