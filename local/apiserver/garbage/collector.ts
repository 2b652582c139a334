import type { KubeObject, ObjectMeta, OwnerReference } from '../object.ts';
import { systemRequest } from '../registry/write-request.ts';
import type { Api } from '../registry/api.ts';
import { deleteObject, FOREGROUND, ORPHAN } from '../registry/delete.ts';
import { updateObject } from '../registry/update.ts';
import type { Target } from '../registry/update.ts';
import { StatusError } from '../status.ts';
import type { StoredObject } from '../storage/stored-object.ts';

function targetOf(api: Api, { storageKey, object }: StoredObject): Target | undefined {
  const [type] = api.catalog.versions(storageKey);
  return (
    type && { type, namespace: object.metadata.namespace, name: object.metadata.name ?? '', subresource: undefined }
  );
}

function ownerExists(api: Api, child: KubeObject, uid: string): boolean {
  const owner = api.store.byUid(uid)?.object;
  return (
    owner !== undefined &&
    (owner.metadata.namespace === undefined || owner.metadata.namespace === child.metadata.namespace)
  );
}

/** The metadata with other owners; without the field if there are none. */
function withOwners({ metadata }: KubeObject, owners: OwnerReference[]): ObjectMeta {
  const { ownerReferences: _owners, ...rest } = metadata;
  return owners.length === 0 ? rest : { ...rest, ownerReferences: owners };
}

async function dropFinalizer(api: Api, stored: StoredObject, finalizer: string): Promise<void> {
  const target = targetOf(api, stored);
  if (target === undefined) return;
  await updateObject(
    api,
    target,
    (current) => ({
      ...current,
      metadata: {
        ...current.metadata,
        finalizers: (current.metadata.finalizers ?? []).filter((one) => one !== finalizer),
      },
    }),
    systemRequest('generic-garbage-collector'),
  );
}

/** Deletes a child if no owner exists; else removes its dangling references. */
async function checkChild(api: Api, child: StoredObject): Promise<void> {
  const target = targetOf(api, child);
  const owners = child.object.metadata.ownerReferences ?? [];
  if (target === undefined || owners.length === 0) return;
  const existing = owners.filter((owner) => ownerExists(api, child.object, owner.uid));
  if (existing.length === owners.length) return;
  const request = systemRequest('generic-garbage-collector');
  if (existing.length > 0) {
    await updateObject(
      api,
      target,
      (current) => ({ ...current, metadata: { ...current.metadata, ownerReferences: existing } }),
      request,
    );
    return;
  }
  if (child.object.metadata.deletionTimestamp !== undefined) return;
  const uid = child.object.metadata.uid ?? '';
  await deleteObject(api, target, { propagationPolicy: 'Background', preconditions: { uid } }, request);
}

/** Foreground deletion: children go first, then the finalizer that kept the owner. */
async function checkForeground(api: Api, owner: StoredObject): Promise<void> {
  const uid = owner.object.metadata.uid ?? '';
  const children = api.store.ownedBy(uid);
  for (const child of children) {
    const target = targetOf(api, child);
    if (target === undefined || child.object.metadata.deletionTimestamp !== undefined) continue;
    await deleteObject(api, target, { propagationPolicy: 'Foreground' }, systemRequest('generic-garbage-collector'));
  }
  const blocks = (child: StoredObject): boolean =>
    (child.object.metadata.ownerReferences ?? []).some((one) => one.uid === uid && one.blockOwnerDeletion === true);
  if (!api.store.ownedBy(uid).some(blocks)) await dropFinalizer(api, owner, FOREGROUND);
}

async function orphanChildren(api: Api, owner: StoredObject): Promise<void> {
  const uid = owner.object.metadata.uid ?? '';
  for (const child of api.store.ownedBy(uid)) {
    const target = targetOf(api, child);
    if (target === undefined) continue;
    const release = (current: KubeObject): KubeObject => ({
      ...current,
      metadata: withOwners(
        current,
        (current.metadata.ownerReferences ?? []).filter((one) => one.uid !== uid),
      ),
    });
    await updateObject(api, target, release, systemRequest('generic-garbage-collector'));
  }
  await dropFinalizer(api, owner, ORPHAN);
}

async function collect(api: Api, uid: string): Promise<void> {
  const stored = api.store.byUid(uid);
  if (stored === undefined) {
    for (const child of api.store.ownedBy(uid)) await checkChild(api, child);
    return;
  }
  const { deletionTimestamp, finalizers = [] } = stored.object.metadata;
  if (deletionTimestamp !== undefined && finalizers.includes(ORPHAN)) await orphanChildren(api, stored);
  else if (deletionTimestamp !== undefined && finalizers.includes(FOREGROUND)) await checkForeground(api, stored);
  await checkChild(api, stored);
}

/** Follows owner references in the background, as kube-controller-manager's garbage collector does. Returns a function that stops it. */
export function startGarbageCollector(api: Api): () => void {
  const pending = new Set<string>();
  let working = false;
  let stopped = false;
  const work = async (): Promise<void> => {
    working = true;
    for (const uid of pending) {
      if (stopped) break;
      pending.delete(uid);
      try {
        await collect(api, uid);
      } catch (error: unknown) {
        // A conflict: the other write's event triggers this again.
        if (!(error instanceof StatusError && (error.code === 404 || error.code === 409)))
          api.log.warn('garbage collection failed', { uid, error });
      }
    }
    working = false;
  };
  const enqueue = (uid: string | undefined): void => {
    if (uid === undefined || stopped) return;
    pending.add(uid);
    if (!working) {
      working = true;
      setImmediate(() => void work());
    }
  };
  const unsubscribe = api.store.subscribeAll((_storageKey, { object }) => {
    const { uid, ownerReferences = [], finalizers = [], deletionTimestamp } = object.metadata;
    const removed = api.store.byUid(uid ?? '') === undefined;
    if (removed) for (const owner of ownerReferences) enqueue(owner.uid);
    const foregroundOrOrphan =
      deletionTimestamp !== undefined && (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN));
    if (removed || ownerReferences.length > 0 || foregroundOrOrphan) enqueue(uid);
  });
  return () => {
    stopped = true;
    unsubscribe();
  };
}
