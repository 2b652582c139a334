import type { AdmissionAttributes } from '../admission/attributes.ts';
import { inVersion } from '../catalog/versions.ts';
import { valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { conflict, forbidden, notFound } from '../status.ts';
import { timestamp } from './write-request.ts';
import type { Api } from './api.ts';
import type { WriteRequest } from './write-request.ts';
import type { DeleteOptions } from './delete-options.ts';
import type { Target } from './update.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';
const CRD_CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';
const DEFAULT_POD_GRACE_SECONDS = 30;
const keptNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export interface Deletion {
  object: KubeObject;
  /** False while finalizers or a grace period keep it. */
  gone: boolean;
}

function checkPreconditions(target: Target, current: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const { metadata } = current;
  const record = { group: target.type.group, resource: target.type.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    throw conflict(
      record,
      target.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ''}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      record,
      target.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ''}). The object might have been modified`,
    );
  }
}

const isPod = ({ type }: Target): boolean => type.storageKey === '/pods';
const isNamespace = ({ type }: Target): boolean => type.storageKey === '/namespaces';
const isDefinition = ({ type }: Target): boolean =>
  type.storageKey === 'apiextensions.k8s.io/customresourcedefinitions';

/** A Pod's grace period in seconds: 0 without a node or after its end. */
function graceSeconds(target: Target, current: KubeObject, options: DeleteOptions): number {
  if (!isPod(target)) return 0;
  const phase = valueAt(current, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed' || !valueAt(current, 'spec', 'nodeName')) return 0;
  const own = valueAt(current, 'spec', 'terminationGracePeriodSeconds');
  return options.gracePeriodSeconds ?? (typeof own === 'number' ? own : DEFAULT_POD_GRACE_SECONDS);
}

/** The object's finalizers and those of the propagation policy. */
function finalizersFor(target: Target, current: KubeObject, policy: DeleteOptions['propagationPolicy']): string[] {
  // Events have no dependents.
  if (target.type.storageKey === '/events') return current.metadata.finalizers ?? [];
  const own = (current.metadata.finalizers ?? []).filter(
    (one) => policy === undefined || (one !== FOREGROUND && one !== ORPHAN),
  );
  const kept = isDefinition(target) ? [...new Set([...own, CRD_CLEANUP])] : own;
  if (policy === 'Foreground') return [...kept, FOREGROUND];
  return policy === 'Orphan' ? [...kept, ORPHAN] : kept;
}

function marked(api: Api, target: Target, current: KubeObject, grace: number, finalizers: string[]): KubeObject {
  const { metadata } = current;
  const first = metadata.deletionTimestamp === undefined;
  const shorter = first || grace < (metadata.deletionGracePeriodSeconds ?? 0);
  const { finalizers: _finalizers, ...rest } = metadata;
  return {
    ...current,
    metadata: {
      ...rest,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      ...(shorter ? { deletionTimestamp: timestamp(new Date(api.now().getTime() + grace * 1000)) } : {}),
      ...(shorter && !isNamespace(target) ? { deletionGracePeriodSeconds: grace } : {}),
      ...(first && metadata.generation !== undefined ? { generation: metadata.generation + 1 } : {}),
    },
    ...(isNamespace(target) ? { status: { phase: 'Terminating' } } : {}),
  };
}

function sameMark(a: KubeObject, b: KubeObject): boolean {
  return (
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    a.metadata.deletionGracePeriodSeconds === b.metadata.deletionGracePeriodSeconds &&
    (a.metadata.finalizers ?? []).join() === (b.metadata.finalizers ?? []).join()
  );
}

/** A namespace is deleted by its uid, even without one in the request. */
function withUid(request: WriteRequest, { metadata: { uid } }: KubeObject): WriteRequest {
  return { ...request, givenOptions: { preconditions: { uid }, ...request.givenOptions } };
}

/** Deletes an object, or marks it for deletion while finalizers, a Pod's grace period or a namespace's content keep it. */
export async function deleteObject(
  api: Api,
  target: Target,
  options: DeleteOptions,
  request: WriteRequest,
): Promise<Deletion> {
  const { type, namespace, name } = target;
  const before = api.store.get(type.storageKey, namespace, name);
  if (before === undefined) throw notFound(type, name);
  if (isNamespace(target) && keptNamespaces.includes(name))
    throw forbidden(type, name, 'this namespace may not be deleted');
  checkPreconditions(target, before, options);
  const attributes: AdmissionAttributes = {
    operation: 'DELETE',
    type,
    object: undefined,
    old: inVersion(type, before),
    subresource: undefined,
    name: options.isOfCollection === true ? undefined : name,
    namespace: isNamespace(target) ? name : namespace,
    request: isNamespace(target) ? withUid(request, before) : request,
  };
  await api.admission.mutate(attributes);
  await api.admission.validate(attributes);
  const current = api.store.get(type.storageKey, namespace, name);
  if (current === undefined) throw notFound(type, name);
  checkPreconditions(target, current, options);
  const grace = graceSeconds(target, current, options);
  const finalizers = finalizersFor(target, current, options.propagationPolicy);
  const pending = current.metadata.deletionGracePeriodSeconds ?? 0;
  const waits = grace > 0 && !(current.metadata.deletionTimestamp !== undefined && pending === 0);
  const stays = finalizers.length > 0 || waits || isNamespace(target);
  const next = marked(api, target, current, grace, finalizers);
  // A Pod gets its deletion fields, even without a grace period.
  const isMarked = stays || isPod(target);
  if (request.dryRun) return { object: isMarked ? next : current, gone: !stays };
  const unchanged = current.metadata.deletionTimestamp !== undefined && sameMark(current, next);
  const left = !isMarked || unchanged ? current : api.store.put(type.storageKey, next);
  if (stays) return { object: left, gone: false };
  return { object: api.store.remove(type.storageKey, left), gone: true };
}
