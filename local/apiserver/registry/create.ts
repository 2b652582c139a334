import { randomUUID } from 'node:crypto';
import type { AdmissionAttributes } from '../admission/attributes.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { inStorageVersion } from '../catalog/versions.ts';
import { finalizerWarnings } from '../crd/validate.ts';
import { admittedFields, trackFields } from '../fields/managed-fields.ts';
import { generatedName } from '../names.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import { alreadyExists, badRequest, forbidden, notFound, StatusError } from '../status.ts';
import { timestamp } from './write-request.ts';
import type { Api } from './api.ts';
import type { WriteRequest } from './write-request.ts';
import { admitPod } from './admit-pod.ts';
import { decode, normalize } from './decode.ts';
import { allocateServiceAddresses } from './service-addresses.ts';
import { validateNew } from './validate-object.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };
const MAX_NAME_TRIES = 8;

/** Removes selfLink, which is not stored. In place. */
export function dropUnstored({ metadata }: Pick<KubeObject, 'metadata'>): void {
  delete (metadata as { selfLink?: string }).selfLink;
}

/** Sets the request's namespace; 400 if the object has another one. In place. */
export function placeInNamespace(type: ResourceType, object: KubeObject, namespace: string | undefined): void {
  if (!type.namespaced) {
    delete object.metadata.namespace;
    return;
  }
  const given = object.metadata.namespace;
  if (given !== undefined && given !== '' && given !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  object.metadata.namespace = namespace ?? '';
}

/** Sets the metadata that only the server sets. In place. */
function wipe({ metadata }: KubeObject): void {
  for (const key of ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const)
    delete metadata[key];
  dropUnstored({ metadata });
}

function checkNamespace(api: Api, type: ResourceType, object: KubeObject): void {
  const { namespace } = object.metadata;
  if (namespace === undefined) return;
  const found = api.store.get('/namespaces', undefined, namespace);
  if (found === undefined) throw notFound(NAMESPACES, namespace);
  if (found.metadata.deletionTimestamp !== undefined) {
    const error = forbidden(
      type,
      object.metadata.name ?? '',
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
    throw new StatusError(error.code, error.reason, error.message, {
      ...error.details,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    });
  }
}

function chooseName(api: Api, type: ResourceType, object: KubeObject): void {
  const { metadata } = object;
  if ((metadata.name ?? '') !== '' || (metadata.generateName ?? '') === '') return;
  const base = metadata.generateName ?? '';
  for (let tries = 0; tries < MAX_NAME_TRIES; tries++) {
    metadata.name = generatedName(base);
    if (api.store.get(type.storageKey, metadata.namespace, metadata.name) === undefined) return;
  }
}

function prepare(api: Api, type: ResourceType, object: KubeObject): void {
  const { metadata } = object;
  if (type.statusSubresource) delete object['status'];
  type.strategy.prepareForCreate?.(object);
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(api.now());
  if (type.hasGeneration) metadata.generation = 1;
  chooseName(api, type, object);
}

/**
 * Creates a decoded object that has its namespace: admits, validates and (without dryRun) stores it, with the given managedFields of the
 * submitted object. `isPost`: a resourceVersion is refused; else it is ignored.
 */
export async function storeNew(
  api: Api,
  type: ResourceType,
  namespace: string | undefined,
  submitted: KubeObject,
  managedFields: ManagedFieldsEntry[],
  request: WriteRequest,
  { isPost = false } = {},
): Promise<KubeObject> {
  checkNamespace(api, type, submitted);
  submitted.metadata.managedFields = managedFields;
  const attributes: AdmissionAttributes = {
    operation: 'CREATE',
    type,
    object: submitted,
    old: undefined,
    subresource: undefined,
    name: submitted.metadata.name,
    namespace: type.storageKey === '/namespaces' ? submitted.metadata.name : namespace,
    request,
    ...(type.storageKey === '/pods' ? { plugins: (pod) => admitPod(api, type, pod) } : {}),
  };
  const admitted = await api.admission.mutate(attributes);
  const object = normalize(type, admitted);
  placeInNamespace(type, object, namespace);
  type.strategy.applyDefaults?.(object);
  object.metadata.managedFields = admittedFields(managedFields, admitted.metadata.managedFields, request.warnings);
  if (object.metadata.managedFields.length === 0) delete object.metadata.managedFields;
  prepare(api, type, object);
  validateNew(type, object);
  request.warnings.push(...(type.strategy.warnings?.(object) ?? []));
  if (!type.builtIn) request.warnings.push(...finalizerWarnings(object, undefined));
  await api.admission.validate({ ...attributes, object, name: object.metadata.name });
  // Synchronous up to the store, so that no two Services get the same.
  if (type.storageKey === '/services') allocateServiceAddresses(api, type, object);
  // The store checks this, but a dry run does not reach it.
  if (isPost && !request.dryRun && /^0*[1-9]\d*$/.test(object.metadata.resourceVersion ?? ''))
    throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created');
  const existing = api.store.get(type.storageKey, object.metadata.namespace, object.metadata.name ?? '');
  if (existing !== undefined) {
    const isBeingDeleted = existing.metadata.deletionTimestamp !== undefined;
    throw alreadyExists(type, object.metadata.name ?? '', isBeingDeleted, object.metadata.generateName);
  }
  const stored = inStorageVersion(type, object);
  if (request.dryRun) return stored;
  dropUnstored(stored);
  return api.store.put(type.storageKey, stored);
}

/** Creates an object from what was submitted with a POST (see storeNew). */
export async function createObject(
  api: Api,
  type: ResourceType,
  namespace: string | undefined,
  raw: unknown,
  request: WriteRequest,
): Promise<KubeObject> {
  const submitted = decode(type, raw, request);
  wipe(submitted);
  placeInNamespace(type, submitted, namespace);
  const written = { type, versions: api.catalog.versions(type.storageKey) };
  const writer = { manager: request.manager, subresource: undefined, time: api.now() };
  return storeNew(api, type, namespace, submitted, trackFields(written, undefined, submitted, writer), request, {
    isPost: true,
  });
}
