import { setTimeout as delay } from 'node:timers/promises';

import type { Json, RawClient } from '../harness/client.ts';
import { resourcePathIn } from '../harness/paths.ts';
import { fuzzedKinds } from './kinds.ts';
import { resourceOf } from './step.ts';
import type { Step } from './step.ts';

const SETTLED_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
/** What makes a garbage collector act. */
const acted = /ownerReferences|Foreground|Orphan|foregroundDeletion|orphan|Dependents/;

async function objectsIn(client: RawClient, namespace: string, resources: string[]): Promise<Json[]> {
  const lists = await Promise.all(resources.map((resource) => client.send('GET', resourcePathIn(namespace, resource))));
  return lists.flatMap(({ body }) => body.items ?? []);
}

const deleting = (object: Json): boolean => object.metadata.deletionTimestamp !== undefined;
const held = (object: Json, finalizer: string): boolean =>
  deleting(object) && (object.metadata.finalizers ?? []).includes(finalizer);

/** Whether a garbage collector has nothing left to do for the object. */
function isSettled(object: Json, all: Json[]): boolean {
  if (held(object, 'orphan')) return false;
  const owns = (owner: Json, one: Json): Json =>
    (one.metadata.ownerReferences ?? []).find((reference: Json) => reference.uid === owner.metadata.uid);
  const dependents = all.filter((one) => owns(object, one) !== undefined);
  if (held(object, 'foregroundDeletion')) {
    const blocking = dependents.filter((one) => owns(object, one).blockOwnerDeletion === true);
    if (blocking.length === 0 || dependents.some((one) => !deleting(one))) return false;
  }
  const owners: Json[] = object.metadata.ownerReferences ?? [];
  const known = new Set(all.map(({ metadata }) => metadata.uid));
  return owners.length === 0 || deleting(object) || owners.some(({ uid }) => known.has(uid));
}

/** An owner that never was. */
const NEVER = { apiVersion: 'v1', kind: 'Secret', name: 'never', uid: '11111111-2222-3333-4444-555555555555' };

/**
 * Waits until the garbage collector knows the objects of the step's kind that have an owner: it has collected one that was made after them. It works from
 * caches of its own, one for each kind, and an owner that is deleted before its dependents are known is deleted as if it had none.
 */
async function untilKnown(client: RawClient, namespace: string, step: Step): Promise<void> {
  const kind = fuzzedKinds.find(({ resource, isCustom }) => resource === resourceOf(step) && !isCustom);
  if (kind === undefined || kind.kind === 'Event' || !JSON.stringify(step.body ?? '').includes('ownerReferences'))
    return;
  const name = `known-${namespace}-${step.id}`;
  const valid = kind.valid(name);
  const body = { ...valid, metadata: { ...valid.metadata, ownerReferences: [NEVER] } };
  const created = await client.send('POST', resourcePathIn('default', kind.resource), { body });
  if (created.status !== 201) throw new Error(`step ${step.id}: garbage was refused: ${JSON.stringify(created.body)}`);
  const path = resourcePathIn('default', `${kind.resource}/${name}`);
  const deadline = Date.now() + SETTLED_TIMEOUT_MS;
  while ((await client.send('GET', path)).status !== 404) {
    if (Date.now() > deadline)
      throw new Error(`step ${step.id}: ${path} is not collected after ${SETTLED_TIMEOUT_MS} ms`);
    await delay(POLL_MS);
  }
}

/** Waits until the garbage collector has done what the step gives it to do: it works beside the requests. */
export async function untilCollected(client: RawClient, namespace: string, steps: Step[], step: Step): Promise<void> {
  if (step.method === 'GET' || !acted.test(JSON.stringify(steps))) return;
  await untilKnown(client, namespace, step);
  const resources = [...new Set(steps.map(resourceOf))];
  const served = resources.filter((resource) => fuzzedKinds.some((kind) => kind.resource === resource));
  const deadline = Date.now() + SETTLED_TIMEOUT_MS;
  for (;;) {
    const all = await objectsIn(client, namespace, served);
    if (all.every((object) => isSettled(object, all))) return;
    if (Date.now() > deadline)
      throw new Error(`step ${step.id}: garbage is not collected after ${SETTLED_TIMEOUT_MS} ms`);
    await delay(POLL_MS);
  }
}
