import type { AdmissionAttributes } from '../admission/attributes.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { inStorageVersion, inVersion } from '../catalog/versions.ts';
import { finalizerWarnings } from '../crd/validate.ts';
import { admittedFields, trackFields } from '../fields/managed-fields.ts';
import { sameJson } from '../object.ts';
import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from '../object.ts';
import { badRequest, conflict, notFound, StatusError } from '../status.ts';
import type { Api } from './api.ts';
import type { WriteRequest } from './write-request.ts';
import { readmitPod } from './admit-pod.ts';
import { dropUnstored } from './create.ts';
import { normalize } from './decode.ts';
import { allocateServiceAddresses } from './service-addresses.ts';
import { validateChanged } from './validate-object.ts';

export interface Target {
  type: ResourceType;
  namespace: string | undefined;
  name: string;
  subresource: string | undefined;
}

const CHANGED = 'the object has been modified; please apply your changes to the latest version and try again';
const MAX_TRIES = 5;

function contentOf(object: KubeObject): unknown {
  const { metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}

/** What an update through this endpoint may change; the rest stays as stored. */
function restrict(target: Target, next: KubeObject, current: KubeObject): KubeObject {
  const { type, subresource } = target;
  const system = current.metadata;
  const metadata = {
    ...next.metadata,
    name: system.name,
    namespace: system.namespace,
    uid: system.uid,
    creationTimestamp: system.creationTimestamp,
    resourceVersion: system.resourceVersion,
  };
  for (const key of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'generation', 'namespace'] as const) {
    if (system[key] === undefined) delete metadata[key];
    else Object.assign(metadata, { [key]: system[key] });
  }
  if (subresource === 'status') {
    // Only built-in types take labels and annotations at the status endpoint.
    const kept = type.builtIn
      ? { ...metadata, ownerReferences: system.ownerReferences }
      : { ...system, managedFields: next.metadata.managedFields };
    return { ...current, metadata: { ...kept }, status: next['status'] };
  }
  const merged: KubeObject = { ...next, metadata };
  if (!type.statusSubresource) return merged;
  if (current['status'] === undefined) delete merged['status'];
  else merged['status'] = current['status'];
  return merged;
}

/** 400 if the object has no name, or another one than the path. */
export function checkName(target: Target, { metadata: { name = '' } }: KubeObject): void {
  if (name === '')
    throw badRequest(`the name of the object (${target.name} based on URL) was undeterminable: name must be provided`);
  if (name !== target.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
}

/** The object's key in a kube-apiserver's etcd, for errors. */
function storedAt({ type, namespace, name }: Target, isTrial: boolean): string {
  const prefix = type.builtIn ? [type.resource] : [type.group, type.resource];
  return [isTrial ? '' : '/registry', ...prefix, ...(namespace === undefined ? [] : [namespace]), name].join('/');
}

/** 400 if the object has another namespace or name than the path. */
export function checkPlace(target: Target, object: KubeObject): void {
  const { namespace } = object.metadata;
  if (namespace !== undefined && namespace !== '' && namespace !== target.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  checkName(target, object);
}

/** 409 if the object has another uid than the stored one. */
export function checkUid(
  target: Target,
  { metadata: { uid } }: KubeObject,
  current: KubeObject | undefined,
  isTrial: boolean,
): void {
  if (uid !== undefined && uid !== '' && uid !== current?.metadata.uid) {
    throw conflict(
      target.type,
      target.name,
      `StorageError: invalid object, Code: 4, Key: ${storedAt(target, isTrial)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current?.metadata.uid ?? ''}`,
    );
  }
}

/** 500 for an invalid resourceVersion. */
export function checkVersionText({ metadata: { resourceVersion = '' } }: KubeObject): void {
  if (!/^\d*$/.test(resourceVersion))
    throw new StatusError(500, '', `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`);
}

function checkVersion(target: Target, next: KubeObject, current: KubeObject): void {
  checkVersionText(next);
  const { resourceVersion = '' } = next.metadata;
  if (resourceVersion !== '' && resourceVersion !== current.metadata.resourceVersion)
    throw conflict(target.type, target.name, CHANGED);
}

/** Times in managedFields alone are no change. */
function withoutTimes(object: KubeObject): unknown {
  const { managedFields = [], resourceVersion: _resourceVersion, ...metadata } = object.metadata;
  const entries = managedFields.map(({ time: _time, ...entry }) => entry);
  return { ...object, metadata: { ...metadata, managedFields: entries } };
}

/** Stores the change, or removes the object if the change removed its last finalizer. */
function commit(api: Api, type: ResourceType, next: KubeObject, stored: KubeObject): KubeObject {
  const { deletionTimestamp, finalizers = [], deletionGracePeriodSeconds = 0 } = next.metadata;
  const namespaceHeld = type.storageKey === '/namespaces' && deletionTimestamp !== undefined;
  if (
    deletionTimestamp !== undefined &&
    finalizers.length === 0 &&
    deletionGracePeriodSeconds === 0 &&
    !namespaceHeld
  ) {
    // The change itself is not stored: watches get the last stored object.
    api.store.remove(type.storageKey, stored);
    return next;
  }
  dropUnstored(next);
  const written = inStorageVersion(type, next);
  if (sameJson(withoutTimes(written), withoutTimes(stored))) return stored;
  return api.store.put(type.storageKey, written);
}

/** The request's object: decoded, with fields that its endpoint may not change. */
export interface Change {
  object: KubeObject;
  /** The managedFields after an apply. */
  managedFields?: ManagedFieldsEntry[];
  /** Submitted as a whole (PUT), not made from the current object. */
  isReplacement?: boolean;
}

/** The object for webhooks, before fields are restored that its endpoint may not change. */
function shownObject(change: Change, current: KubeObject, managedFields: ManagedFieldsEntry[]): KubeObject {
  const { metadata, ...rest } = change.object;
  const { resourceVersion } = current.metadata;
  const version = change.isReplacement === true ? {} : { resourceVersion: metadata.resourceVersion ?? resourceVersion };
  return { ...rest, metadata: { ...metadata, ...version, managedFields } };
}

/** The submitted metadata that counts: none at a custom resource's status endpoint, no deletion fields at a Pod's. */
function submittedMetadata({ type, subresource }: Target, { metadata }: KubeObject): ObjectMeta {
  if (subresource !== 'status') return metadata;
  const { deletionTimestamp: _deletionTimestamp, ...rest } = metadata;
  return !type.builtIn ? {} : type.storageKey === '/pods' ? rest : metadata;
}

/** The object to be stored, without its managedFields. */
function prepared(target: Target, admitted: KubeObject, current: KubeObject): KubeObject {
  const { type, subresource } = target;
  const object = normalize(type, admitted);
  type.strategy.applyDefaults?.(object);
  const final = restrict(target, object, current);
  if (subresource === undefined) type.strategy.prepareForUpdate?.(final, current);
  if (subresource === 'status') type.strategy.prepareForStatusUpdate?.(final, current);
  const generationOf = type.strategy.generationOf ?? contentOf;
  const content = (one: KubeObject): unknown => generationOf(inStorageVersion(type, one));
  if (type.hasGeneration && !sameJson(content(final), content(current)))
    final.metadata.generation = (current.metadata.generation ?? 0) + 1;
  return final;
}

function warningsOf({ type }: Target, object: KubeObject, old: KubeObject): string[] {
  return [...(type.strategy.warnings?.(object) ?? []), ...(type.builtIn ? [] : finalizerWarnings(object, old))];
}

async function attempt(
  api: Api,
  target: Target,
  current: KubeObject,
  change: Change,
  request: WriteRequest,
): Promise<KubeObject> {
  const { type, subresource, namespace, name } = target;
  const next = change.object;
  checkPlace(target, next);
  const written = { type, versions: api.catalog.versions(type.storageKey) };
  const writer = { manager: request.manager, subresource, time: api.now() };
  const managedFields = change.managedFields ?? trackFields(written, current, next, writer);
  const attributes: AdmissionAttributes = {
    operation: 'UPDATE',
    type,
    object: shownObject(change, current, managedFields),
    old: current,
    subresource,
    name,
    namespace: type.storageKey === '/namespaces' ? name : namespace,
    request,
    ...(type.storageKey === '/pods' && subresource === undefined ? { plugins: (pod) => readmitPod(pod, current) } : {}),
  };
  const admitted = await api.admission.mutate(attributes);
  checkVersion(target, next, current);
  const final = prepared(target, admitted, current);
  final.metadata.managedFields = admittedFields(managedFields, admitted.metadata.managedFields, request.warnings);
  if (final.metadata.managedFields.length === 0) delete final.metadata.managedFields;
  const submitted = submittedMetadata(target, next);
  validateChanged(type, final, { sent: next, submitted, old: current, subresource, warnings: request.warnings });
  if (subresource === undefined) request.warnings.push(...warningsOf(target, final, current));
  await api.admission.validate({ ...attributes, object: final });
  if (type.storageKey === '/services' && subresource === undefined) allocateServiceAddresses(api, type, final, current);
  return final;
}

/**
 * Changes a stored object: `change` makes the new object from the current one. Another resourceVersion than the current one is 409. Without
 * one the change is repeated on the newest object after a conflict.
 */
export async function changeObject(
  api: Api,
  target: Target,
  change: (current: KubeObject) => Change,
  request: WriteRequest,
): Promise<KubeObject> {
  const { type, namespace, name } = target;
  for (let tries = 1; ; tries++) {
    const stored = api.store.get(type.storageKey, namespace, name);
    if (stored === undefined) throw notFound(type, name);
    const current = inVersion(type, stored);
    const submitted = change(current);
    const final = await attempt(api, target, current, submitted, request);
    const latest = api.store.get(type.storageKey, namespace, name);
    if (latest === stored) return request.dryRun ? inStorageVersion(type, final) : commit(api, type, final, stored);
    if (latest === undefined) throw notFound(type, name);
    const isConditional = (submitted.object.metadata.resourceVersion ?? '') !== '';
    if (isConditional || tries >= MAX_TRIES) throw conflict(type, name, CHANGED);
  }
}

/** Changes a stored object (see changeObject). */
export function updateObject(
  api: Api,
  target: Target,
  change: (current: KubeObject) => KubeObject,
  request: WriteRequest,
): Promise<KubeObject> {
  return changeObject(api, target, (current) => ({ object: change(current) }), request);
}
