import type { Json } from '../harness/client.ts';
import { additions, objectOf, rawBodies } from './bodies.ts';
import type { FuzzedKind } from './kinds.ts';
import { acceptOf, selectorOf, writeOptions } from './options.ts';
import type { Random } from './random.ts';
import type { Step } from './step.ts';

/** What the next request is made from. */
export interface Situation {
  random: Random;
  kind: FuzzedKind;
  /** Steps before this one whose answers are objects of this kind, if they are successful. */
  earlier: number[];
  /** Those, and lists. The version of a list is that of an object only by chance. */
  versions: number[];
}

export type Request = Omit<Step, 'id'>;

export const nameOf = (random: Random): string =>
  random.weighted([
    [10, 'a'],
    [5, 'b'],
    [2, 'c'],
    [1, 'Not_A_Name'],
  ]);

const contentTypes: [number, string][] = [
  [6, 'application/json'],
  [2, 'application/yaml'],
  [1, 'text/plain'],
];

function sent(random: Random, body: Json): Pick<Step, 'body' | 'contentType'> {
  if (random.chance(0.03)) return { body: random.pick(rawBodies) };
  return random.chance(0.06) ? { body, contentType: random.weighted(contentTypes) } : { body };
}

const accepted = (random: Random): Pick<Step, 'accept'> => {
  const accept = acceptOf(random);
  return accept === undefined ? {} : { accept };
};

/** An earlier object as an owner, whose deletion the garbage collector then follows. It hears late of new custom resources. */
function ownedObject({ random, kind, earlier }: Situation, body: Json): Json {
  const isPossible = earlier.length > 0 && !kind.isCustom && kind.kind !== 'Event';
  if (!isPossible || typeof body.metadata !== 'object' || body.metadata === null || !random.chance(0.12)) return body;
  const owner = random.pick(earlier);
  const flags = random.weighted<Json>([
    [3, {}],
    [3, { blockOwnerDeletion: true }],
    [1, { controller: true }],
  ]);
  const reference = {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    name: `{{${owner}.name}}`,
    uid: `{{${owner}.uid}}`,
  };
  return { ...body, metadata: { ...body.metadata, ownerReferences: [{ ...reference, ...flags }] } };
}

export function createRequest(situation: Situation): Request {
  const { random, kind } = situation;
  const name = nameOf(random);
  const body = ownedObject(situation, objectOf(random, kind, name));
  if (random.chance(0.08) && typeof body.metadata === 'object' && body.metadata !== null) {
    delete body.metadata.name;
    if (random.chance(0.9)) body.metadata.generateName = 'gen-';
  }
  const base = { method: 'POST', path: kind.resource, query: writeOptions(random) } as const;
  return { ...base, ...sent(random, body), ...accepted(random) };
}

/** A replacement as clients make it, of what was read before; or one that was written by hand. */
export function updateRequest({ random, kind, earlier }: Situation, subresource = ''): Request {
  const name = nameOf(random);
  const status =
    subresource !== '' && kind.statuses.length > 0 && random.chance(0.8) ? { status: random.pick(kind.statuses) } : {};
  const path = `${kind.resource}/${name}${subresource}`;
  const base = { method: 'PUT', path, query: writeOptions(random), ...accepted(random) } as const;
  if (earlier.length > 0 && random.chance(0.6)) {
    const change = { ...additions(random, kind), ...status };
    const metadata = random.weighted<Json>([
      [5, {}],
      [2, { resourceVersion: null }],
      [1, { resourceVersion: `{{${random.pick(earlier)}.resourceVersion}}` }],
      [1, { uid: `{{${random.pick(earlier)}.uid}}` }],
      [1, { finalizers: null }],
    ]);
    return { ...base, from: random.pick(earlier), body: { ...change, metadata: { ...change.metadata, ...metadata } } };
  }
  const body = { ...objectOf(random, kind, random.chance(0.95) ? name : 'b'), ...status };
  if (earlier.length > 0 && random.chance(0.6) && typeof body.metadata === 'object' && body.metadata !== null)
    body.metadata = { ...body.metadata, resourceVersion: `{{${random.pick(earlier)}.resourceVersion}}` };
  return { ...base, ...sent(random, body) };
}

const policies = ['Background', 'Foreground', 'Orphan', 'Sometimes'];

function deleteBody({ random, earlier }: Situation): Json {
  const known = earlier.length > 0 ? random.pick(earlier) : 0;
  return {
    ...(random.chance(0.3) ? { kind: 'DeleteOptions', apiVersion: 'v1' } : {}),
    ...random.weighted<Json>([
      [3, { propagationPolicy: random.pick(policies) }],
      [2, { gracePeriodSeconds: random.pick([0, 1, 5, -1]) }],
      [2, { preconditions: { uid: `{{${known}.uid}}` } }],
      [2, { preconditions: { resourceVersion: `{{${known}.resourceVersion}}` } }],
      [1, { preconditions: { uid: 'other' } }],
      [1, { orphanDependents: random.chance(0.5) }],
      [1, { dryRun: ['All'] }],
      [1, { dryRun: ['Some'] }],
      [1, { orphanDependents: true, propagationPolicy: 'Orphan' }],
      [1, { unknownOption: true }],
      [1, { gracePeriodSeconds: 'soon' }],
      [1, { preconditions: 'none' }],
    ]),
  };
}

/** `isCollection`: a garbage collector takes several objects in no order. */
function deleteQuery(random: Random, isCollection = false): Record<string, string> {
  const chosen = isCollection ? ['Background', 'Sometimes'] : policies;
  return {
    ...(random.chance(0.1) ? { dryRun: 'All' } : {}),
    ...(random.chance(0.15) ? { propagationPolicy: random.pick(chosen) } : {}),
    ...(random.chance(0.15) ? { gracePeriodSeconds: random.pick(['0', '1', '5', 'x']) } : {}),
    ...(random.chance(0.04) && !isCollection ? { orphanDependents: random.pick(['true', 'false']) } : {}),
  };
}

export function deleteRequest(situation: Situation): Request {
  const { random, kind } = situation;
  const base = { method: 'DELETE', path: `${kind.resource}/${nameOf(random)}`, query: deleteQuery(random) } as const;
  if (random.chance(0.03)) return { ...base, body: random.pick(rawBodies) };
  return { ...base, ...(random.chance(0.35) ? { body: deleteBody(situation) } : {}), ...accepted(random) };
}

export function deleteCollectionRequest(situation: Situation): Request {
  const { random, kind } = situation;
  const narrowed = kind.isFurniture || random.chance(0.6);
  const query = narrowed ? selectorOf(random, kind, { strict: kind.isFurniture }).query : {};
  return {
    method: 'DELETE',
    path: kind.resource,
    query: { ...query, ...deleteQuery(random, true) },
    ...accepted(random),
  };
}
