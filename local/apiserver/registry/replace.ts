import type { ResourceType } from '../catalog/resource-type.ts';
import { trackFields } from '../fields/managed-fields.ts';
import { invalid, invalidObject } from '../field-errors.ts';
import type { KubeObject } from '../object.ts';
import type { Api } from './api.ts';
import type { WriteRequest } from './write-request.ts';
import { storeNew } from './create.ts';
import { changeObject, checkPlace, checkUid, checkVersionText } from './update.ts';
import type { Change, Target } from './update.ts';

/** The first check of a patched or applied object: its name and namespace. */
export function checkChanged(target: Target, object: KubeObject): void {
  checkPlace(target, object);
  requireResourceVersion(target.type, object);
}

/** 422 if the type needs a resourceVersion for updates and there is none. */
function requireResourceVersion(type: ResourceType, object: KubeObject): void {
  if (type.strategy.needsVersion !== true || (object.metadata.resourceVersion ?? '') !== '') return;
  throw invalidObject({ group: type.group, kind: type.resource }, object.metadata.name ?? '', [
    invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
  ]);
}

/** Whether a PUT of this type creates a missing object. */
function createdByUpdate({ type, namespace, name, subresource }: Target, api: Api): boolean {
  return (
    subresource === undefined &&
    type.strategy.isCreatedByUpdate === true &&
    api.store.get(type.storageKey, namespace, name) === undefined
  );
}

/** Replaces a stored object by a decoded one (PUT). `created`: there was none, and the type allows creation by PUT. */
export async function replaceObject(
  api: Api,
  target: Target,
  submitted: KubeObject,
  request: WriteRequest,
): Promise<{ object: KubeObject; created: boolean }> {
  const { type, namespace, name } = target;
  checkPlace(target, submitted);
  if (!createdByUpdate(target, api)) {
    const change = (current: KubeObject): Change => {
      checkUid(target, submitted, current, request.dryRun);
      requireResourceVersion(type, submitted);
      const object = structuredClone(submitted);
      if (type.namespaced) object.metadata.namespace = namespace;
      return { object, isReplacement: true };
    };
    return { object: await changeObject(api, target, change, request), created: false };
  }
  checkUid(target, submitted, undefined, request.dryRun);
  checkVersionText(submitted);
  const object = structuredClone(submitted);
  Object.assign(object.metadata, { name, namespace });
  if (object.metadata.resourceVersion === '') delete object.metadata.resourceVersion;
  const written = { type, versions: api.catalog.versions(type.storageKey) };
  const writer = { manager: request.manager, subresource: undefined, time: api.now() };
  const managedFields = trackFields(written, undefined, object, writer);
  return { object: await storeNew(api, type, namespace, object, managedFields, request), created: true };
}
