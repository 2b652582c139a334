import { randomUUID } from 'node:crypto';
import { trackFields } from '../fields/managed-fields.ts';
import type { KubeObject, ObjectMeta } from '../object.ts';
import { systemRequest, timestamp } from '../registry/write-request.ts';
import type { Api } from '../registry/api.ts';
import { deleteObject } from '../registry/delete.ts';
import { StatusError } from '../status.ts';
import type { StoredEvent } from '../storage/store.ts';

const NAMESPACES = '/namespaces';
const retryMs = 200;
const furniture = ['default', 'kube-root-ca.crt'];
/** kube-controller-manager's description of the authority. */
const AUTHORITY =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

function isDeleting(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** The objects that controllers create in every namespace: the default ServiceAccount and the API server's certificate authority. */
function furnish(api: Api, namespace: string, caPem: string): void {
  const make = (storageKey: string, kind: string, metadata: ObjectMeta, rest: Record<string, unknown>): void => {
    const [type] = api.catalog.versions(storageKey);
    if (type === undefined || api.store.get(storageKey, namespace, metadata.name ?? '') !== undefined) return;
    const time = api.now();
    const system = { namespace, uid: randomUUID(), creationTimestamp: timestamp(time) };
    const object = { apiVersion: 'v1', kind, metadata: { ...metadata, ...system }, ...rest };
    const writer = { manager: 'kube-controller-manager', subresource: undefined, time };
    const managedFields = trackFields({ type, versions: [type] }, undefined, object, writer);
    if (managedFields.length > 0) Object.assign(object.metadata, { managedFields });
    api.store.put(storageKey, object);
  };
  make('/serviceaccounts', 'ServiceAccount', { name: 'default' }, {});
  const annotations = { 'kubernetes.io/description': AUTHORITY };
  make('/configmaps', 'ConfigMap', { name: 'kube-root-ca.crt', annotations }, { data: { 'ca.crt': caPem } });
}

/** Deletes everything in the namespace; true when nothing is left. */
async function empty(api: Api, namespace: string): Promise<boolean> {
  let left = 0;
  for (const storageKey of api.store.storageKeys()) {
    const [type] = api.catalog.versions(storageKey);
    if (type?.namespaced !== true) continue;
    for (const object of api.store.list(storageKey, namespace)) {
      if (!isDeleting(object)) {
        await deleteObject(
          api,
          { type, namespace, name: object.metadata.name ?? '', subresource: undefined },
          {},
          systemRequest('namespace-controller'),
        );
      }
    }
    left += api.store.list(storageKey, namespace).length;
  }
  return left === 0;
}

async function finish(api: Api, name: string): Promise<boolean> {
  try {
    if (!(await empty(api, name))) return false;
  } catch (error: unknown) {
    if (error instanceof StatusError && (error.code === 404 || error.code === 409)) return false;
    throw error;
  }
  const namespace = api.store.get(NAMESPACES, undefined, name);
  if (namespace !== undefined && (namespace.metadata.finalizers ?? []).length === 0)
    api.store.remove(NAMESPACES, namespace);
  return api.store.get(NAMESPACES, undefined, name) === undefined;
}

/** Creates the default objects of namespaces, and empties deleted namespaces. Returns a function that stops it. */
export function startNamespaceController(api: Api, caPem: string): () => void {
  const timers = new Map<string, NodeJS.Timeout>();
  const visit = async (name: string): Promise<void> => {
    try {
      if (await finish(api, name)) timers.delete(name);
      else later(name, retryMs);
    } catch (error: unknown) {
      api.log.warn('emptying a namespace failed, trying again', { namespace: name, error });
      later(name, retryMs);
    }
  };
  const later = (name: string, delayMs: number): void => {
    timers.set(name, setTimeout(() => void visit(name), delayMs).unref());
  };
  const unsubscribe = api.store.subscribe(NAMESPACES, ({ type, object }) => {
    const name = object.metadata.name ?? '';
    if (type === 'ADDED') furnish(api, name, caPem);
    else if (type === 'MODIFIED' && isDeleting(object) && !timers.has(name)) later(name, 0);
  });
  // The default objects are created again if deleted.
  const refurnish = ({ type, object: { metadata } }: StoredEvent): void => {
    const { namespace = '' } = metadata;
    const owner = api.store.get(NAMESPACES, undefined, namespace);
    if (type === 'DELETED' && furniture.includes(metadata.name ?? '') && owner !== undefined && !isDeleting(owner))
      furnish(api, namespace, caPem);
  };
  const stops = ['/serviceaccounts', '/configmaps'].map((key) => api.store.subscribe(key, refurnish));
  return () => {
    unsubscribe();
    for (const stop of stops) stop();
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
