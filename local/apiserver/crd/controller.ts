import { apiVersionOf } from '../catalog/resource-type.ts';
import { trackFields } from '../fields/managed-fields.ts';
import { sameJson } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { systemRequest, timestamp } from '../registry/write-request.ts';
import type { Api } from '../registry/api.ts';
import { normalize } from '../registry/decode.ts';
import { deleteObject } from '../registry/delete.ts';
import { resourceTypesOf, storageKeyOf } from './resource-types.ts';
import { asDefinition } from './types.ts';
import type { CustomResourceDefinition } from './types.ts';

const DEFINITIONS = 'apiextensions.k8s.io/customresourcedefinitions';
const RETRY_MS = 100;

function establish(api: Api, crd: CustomResourceDefinition): KubeObject {
  const lastTransitionTime = timestamp(api.now());
  const condition = (type: string, reason: string, message: string): object => ({
    type,
    status: 'True',
    lastTransitionTime,
    reason,
    message,
  });
  const storage = crd.spec.versions.find((version) => version.storage)?.name ?? '';
  const [type] = api.catalog.versions(DEFINITIONS);
  const established = {
    ...crd,
    status: {
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
      acceptedNames: crd.spec.names,
      storedVersions: [...new Set([...(crd.status?.storedVersions ?? []), storage])],
    },
  };
  if (type === undefined) return established;
  const writer = { manager: 'kube-apiserver', subresource: 'status', time: api.now() };
  const managedFields = trackFields({ type, versions: [type] }, crd, established, writer);
  return { ...established, metadata: { ...crd.metadata, managedFields } };
}

/** Deletes all objects of the resource; true when none is left. */
async function emptied(api: Api, storageKey: string): Promise<boolean> {
  const [type] = api.catalog.versions(storageKey);
  if (type === undefined) return true;
  for (const { metadata } of api.store.list(storageKey)) {
    if (metadata.deletionTimestamp !== undefined) continue;
    const target = { type, namespace: metadata.namespace, name: metadata.name ?? '', subresource: undefined };
    await deleteObject(api, target, {}, systemRequest('customresource-cleanup'));
  }
  return api.store.list(storageKey).length === 0;
}

/** Reads stored objects by the new definition: with its defaults, without removed fields. */
function readAnew(api: Api, storageKey: string): void {
  const types = api.catalog.versions(storageKey);
  const inStorage = types.find(({ version, storageVersion }) => version === storageVersion) ?? types[0];
  if (inStorage === undefined) return;
  api.store.reread(storageKey, (object) => {
    // If versions differ, an object is read in the version in which it was stored, which may not be the current storage version.
    const own = types.find((type) => type.convert !== undefined && apiVersionOf(type) === object.apiVersion);
    const stored = own ?? inStorage;
    const read = { ...normalize(stored, structuredClone(object)), apiVersion: object.apiVersion };
    return sameJson(read, object) ? object : read;
  });
}

/** Serves the resources of stored CustomResourceDefinitions, and deletes them with their definition. Returns a function that stops it. */
export function startCrdController(api: Api): () => void {
  const timers = new Map<string, NodeJS.Timeout>();

  const remove = async (name: string): Promise<void> => {
    timers.delete(name);
    const crd = api.store.get(DEFINITIONS, undefined, name);
    if (crd === undefined) return;
    if (await emptied(api, storageKeyOf(asDefinition(crd)))) api.store.remove(DEFINITIONS, crd);
    else later(name);
  };

  const later = (name: string, delayMs = RETRY_MS): void => {
    if (timers.has(name)) return;
    const visit = (): void => {
      remove(name).catch((error: unknown) => {
        api.log.warn('deleting custom resources failed, trying again', { crd: name, error });
        later(name);
      });
    };
    timers.set(name, setTimeout(visit, delayMs).unref());
  };

  const unsubscribe = api.store.subscribe(DEFINITIONS, ({ type, object, previous }) => {
    const crd = asDefinition(object);
    const storageKey = storageKeyOf(crd);
    if (type === 'DELETED') {
      api.catalog.set(storageKey, []);
      api.store.drop(storageKey);
      return;
    }
    api.catalog.set(storageKey, resourceTypesOf(crd, api.converters.get(crd.metadata.name ?? '')));
    if (previous !== undefined && !sameJson(crd.spec.versions, asDefinition(previous).spec.versions))
      readAnew(api, storageKey);
    if (crd.metadata.deletionTimestamp !== undefined) later(object.metadata.name ?? '', 0);
    else if (!Array.isArray(crd.status?.conditions)) api.store.put(DEFINITIONS, establish(api, crd));
  });
  return () => {
    unsubscribe();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
