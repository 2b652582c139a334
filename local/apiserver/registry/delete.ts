import type { AdmissionAttributes } from '../admission/attributes.ts';
import { invalid, invalidObject, notSupported } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { badRequest, conflict, forbidden, notFound } from '../status.ts';
import { integerFrom } from '../storage/list-options.ts';
import { timestamp } from './api.ts';
import type { Api, WriteRequest } from './api.ts';
import type { Target } from './update.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';
const CRD_CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';
const DEFAULT_POD_GRACE_SECONDS = 30;
const keptNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
  /** A whole collection is deleted: webhooks are not told the object's name then. */
  isOfCollection?: boolean;
}

export interface Deletion {
  object: KubeObject;
  /** False while finalizers or a grace period keep it. */
  gone: boolean;
}

const policies = ['Foreground', 'Background', 'Orphan'] as const;

function isPolicy(value: unknown): value is NonNullable<DeleteOptions['propagationPolicy']> {
  return policies.some((policy) => policy === value);
}

function checkOptions(given: JsonObject): void {
  const { propagationPolicy: policy, orphanDependents, dryRun } = given;
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && policy !== undefined)
    errors.push(invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'));
  if (policy !== undefined && !isPolicy(policy))
    errors.push(notSupported('propagationPolicy', policy, [...policies, 'nil']));
  if (Array.isArray(dryRun) && dryRun.some((one) => one !== 'All'))
    errors.push(notSupported('dryRun', dryRun, ['All']));
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}

/** The options that a deletion's query gives. */
export function deleteOptionsIn(query: URLSearchParams): JsonObject {
  const gracePeriodSeconds = integerFrom(query, 'gracePeriodSeconds');
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(query.has('propagationPolicy') ? { propagationPolicy: query.get('propagationPolicy') } : {}),
    ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}),
    ...(query.has('orphanDependents') ? { orphanDependents: query.get('orphanDependents') !== 'false' } : {}),
  };
}

/** Other kinds than DeleteOptions, of any group, are none. */
function checkKind({ kind, apiVersion }: JsonObject): void {
  if (kind === undefined || kind === 'DeleteOptions') return;
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  throw badRequest(
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(version)} in scheme "pkg/runtime/scheme.go:111"`,
  );
}

/** Reads DeleteOptions. Throws 400 for what is none, 422 for values that they can't have. */
export function parseDeleteOptions(given: JsonObject): DeleteOptions {
  checkKind(given);
  checkOptions(given);
  const { gracePeriodSeconds: grace, propagationPolicy: policy, orphanDependents } = given;
  const preconditions = given['preconditions'] as DeleteOptions['preconditions'];
  const orphaning = orphanDependents === true ? 'Orphan' : orphanDependents === false ? 'Background' : undefined;
  const propagationPolicy = isPolicy(policy) ? policy : orphaning;
  return {
    // As in Kubernetes, a negative period is the shortest there is.
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace < 0 ? 1 : grace } : {}),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions ? { preconditions } : {}),
  };
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

const isPod = (target: Target): boolean => target.type.storageKey === '/pods';

/** Seconds a Pod's node gets to stop it: none where no node has it or it has ended. */
function graceSeconds(target: Target, current: KubeObject, options: DeleteOptions): number {
  if (!isPod(target)) return 0;
  const phase = valueAt(current, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed' || !valueAt(current, 'spec', 'nodeName')) return 0;
  const own = valueAt(current, 'spec', 'terminationGracePeriodSeconds');
  return options.gracePeriodSeconds ?? (typeof own === 'number' ? own : DEFAULT_POD_GRACE_SECONDS);
}

/** The finalizers that keep the object for now: its own, and those that the way of deletion asks for. */
function finalizersFor(api: Api, current: KubeObject, policy: DeleteOptions['propagationPolicy']): string[] {
  const own = (current.metadata.finalizers ?? []).filter(
    (one) => policy === undefined || (one !== FOREGROUND && one !== ORPHAN),
  );
  const kept = current.kind === 'CustomResourceDefinition' ? [...new Set([...own, CRD_CLEANUP])] : own;
  const hasChildren = api.store.ownedBy(current.metadata.uid ?? '').length > 0;
  if (policy === 'Foreground') return [...kept, FOREGROUND];
  return policy === 'Orphan' && hasChildren ? [...kept, ORPHAN] : kept;
}

function marked(api: Api, current: KubeObject, grace: number, finalizers: string[]): KubeObject {
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
      ...(shorter && current.kind !== 'Namespace' ? { deletionGracePeriodSeconds: grace } : {}),
      ...(first && metadata.generation !== undefined ? { generation: metadata.generation + 1 } : {}),
    },
    ...(current.kind === 'Namespace' ? { status: { phase: 'Terminating' } } : {}),
  };
}

function sameMark(a: KubeObject, b: KubeObject): boolean {
  return (
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    a.metadata.deletionGracePeriodSeconds === b.metadata.deletionGracePeriodSeconds &&
    (a.metadata.finalizers ?? []).join() === (b.metadata.finalizers ?? []).join()
  );
}

/** A namespace is deleted by its uid, even where the request names none. */
function withUid(request: WriteRequest, { metadata: { uid } }: KubeObject): WriteRequest {
  return { ...request, givenOptions: { preconditions: { uid }, ...request.givenOptions } };
}

/** Deletes an object, or marks it for deletion where finalizers, a Pod's grace period or a namespace's content keep it for now. */
export async function deleteObject(
  api: Api,
  target: Target,
  options: DeleteOptions,
  request: WriteRequest,
): Promise<Deletion> {
  const { type, namespace, name } = target;
  const before = api.store.get(type.storageKey, namespace, name);
  if (before === undefined) throw notFound(type, name);
  const isNamespace = type.storageKey === '/namespaces';
  if (isNamespace && keptNamespaces.includes(name)) throw forbidden(type, name, 'this namespace may not be deleted');
  checkPreconditions(target, before, options);
  const attributes: AdmissionAttributes = {
    operation: 'DELETE',
    type,
    object: undefined,
    old: before,
    subresource: undefined,
    name: options.isOfCollection === true ? undefined : name,
    namespace: isNamespace ? name : namespace,
    request: isNamespace ? withUid(request, before) : request,
  };
  await api.admission.mutate(attributes);
  await api.admission.validate(attributes);
  const current = api.store.get(type.storageKey, namespace, name);
  if (current === undefined) throw notFound(type, name);
  checkPreconditions(target, current, options);
  const grace = graceSeconds(target, current, options);
  const finalizers = finalizersFor(api, current, options.propagationPolicy);
  const pending = current.metadata.deletionGracePeriodSeconds ?? 0;
  const waits = grace > 0 && !(current.metadata.deletionTimestamp !== undefined && pending === 0);
  const stays = finalizers.length > 0 || waits || type.storageKey === '/namespaces';
  const next = marked(api, current, grace, finalizers);
  // A Pod is told of its end, even where that is now.
  const told = stays || isPod(target);
  if (request.dryRun) return { object: told ? next : current, gone: !stays };
  const unchanged = current.metadata.deletionTimestamp !== undefined && sameMark(current, next);
  const left = !told || unchanged ? current : api.store.put(type.storageKey, next);
  if (stays) return { object: left, gone: false };
  return { object: api.store.remove(type.storageKey, left), gone: true };
}
