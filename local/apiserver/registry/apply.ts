import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { applyFields } from '../fields/managed-fields.ts';
import type { AppliedObject } from '../fields/managed-fields.ts';
import { textAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { duplicateKeysText } from '../go-yaml.ts';
import { badRequest, conflict, notFound } from '../status.ts';
import type { Api } from './api.ts';
import type { WriteRequest } from './write-request.ts';
import { placeInNamespace, storeNew } from './create.ts';
import { normalize } from './decode.ts';
import { checkChanged } from './replace.ts';
import { checkName, changeObject, checkVersionText } from './update.ts';
import type { Target } from './update.ts';

/** The applied object: apiVersion, kind and the applier's fields. */
function configOf(type: ResourceType, raw: JsonObject): KubeObject {
  const { kind, apiVersion } = raw;
  if (kind !== type.kind || apiVersion !== apiVersionOf(type)) {
    const parts = textAt(raw, 'apiVersion').split('/');
    const [version = '', group = ''] = parts.length > 2 ? [] : parts.reverse();
    const shown = `${group}/${version}, Kind=${parts.length > 2 ? '' : textAt(raw, 'kind')}`;
    throw badRequest(`invalid object type: ${shown}`);
  }
  // The later type check finds invalid metadata.
  return { ...raw, apiVersion, kind, metadata: raw['metadata'] ?? {} };
}

/** Decodes the result of an apply. Without a resourceVersion in the applied object there is no precondition. */
function shaped(
  target: Target,
  config: KubeObject,
  { object, managedFields }: AppliedObject,
  isChange: boolean,
): AppliedObject {
  const { type } = target;
  const out = normalize(type, object);
  type.strategy.applyDefaults?.(out);
  if (config.metadata.resourceVersion === undefined) delete out.metadata.resourceVersion;
  else if (isChange) checkChanged(target, out);
  return { object: out, managedFields };
}

/** Reports errors of strict reading: 400 or warnings, by the field validation. */
function reportStrictErrors({ strictErrors, fieldValidation, warnings }: WriteRequest): void {
  if (strictErrors.length === 0 || fieldValidation === 'Ignore') return;
  if (fieldValidation === 'Warn') warnings.push(...strictErrors);
  else {
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${duplicateKeysText(strictErrors)}`);
  }
}

/**
 * Server-side apply (`application/apply-patch+yaml`): changes the object, or creates it if there is none (`created`). Throws 409 with the
 * conflicting fields unless `force`.
 */
export async function applyObject(
  api: Api,
  target: Target,
  raw: JsonObject,
  request: WriteRequest,
): Promise<{ object: KubeObject; created: boolean }> {
  const { type, namespace, name, subresource } = target;
  const config = configOf(type, raw);
  reportStrictErrors(request);
  const written = { type, versions: api.catalog.versions(type.storageKey) };
  const applied = (live: KubeObject | undefined): AppliedObject => {
    const writer = { manager: request.manager, subresource, time: api.now(), force: request.force };
    return shaped(target, config, applyFields(written, live, config, writer), live !== undefined);
  };
  if (api.store.get(type.storageKey, namespace, name) !== undefined)
    return { object: await changeObject(api, target, applied, request), created: false };
  if (subresource !== undefined) throw notFound(type, name);
  const { object, managedFields } = applied(undefined);
  const { uid } = object.metadata;
  if (uid !== undefined && uid !== '') {
    throw conflict(
      type,
      name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  }
  placeInNamespace(type, object, namespace);
  checkName(target, object);
  checkVersionText(object);
  if (object.metadata.resourceVersion === '') delete object.metadata.resourceVersion;
  return { object: await storeNew(api, type, namespace, object, managedFields, request), created: true };
}
