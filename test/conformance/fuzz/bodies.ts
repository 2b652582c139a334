import { isObject } from '../../../local/apiserver/object.ts';
import type { Json } from '../harness/client.ts';
import type { FuzzedKind } from './kinds.ts';
import type { Random } from './random.ts';

/** Values of every JSON type, for places where another is expected. */
const junk: Json[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 60,
  '',
  'x',
  'Not_A_Name',
  '1h',
  [],
  [null],
  ['x'],
  [1],
  {},
  { x: 1 },
];

const HOLD = 'fuzz.dev/hold';

/** Metadata that an object may come with: most of it is fine, the rest is refused, ignored or taken out. */
const metadataParts: [weight: number, part: Json][] = [
  [4, { labels: { app: 'x' } }],
  [3, { labels: { app: 'y', tier: 'front' } }],
  [2, { labels: { app: '' } }],
  [1, { labels: { 'not a key': 'x' } }],
  [1, { labels: { app: 'not a value' } }],
  [1, { labels: { app: 5 } }],
  [3, { annotations: { note: 'some text' } }],
  [1, { annotations: { 'Fuzz.dev/Note': 'x', other: '{"a":1}' } }],
  [1, { annotations: { '/': 'x' } }],
  [1, { annotations: { note: null } }],
  [4, { finalizers: [HOLD] }],
  [2, { finalizers: [] }],
  [1, { finalizers: [HOLD, 'fuzz.dev/other'] }],
  [1, { finalizers: [HOLD, HOLD] }],
  [1, { finalizers: ['plain'] }],
  [1, { finalizers: ['not valid/ at all'] }],
  [1, { namespace: 'elsewhere' }],
  [1, { namespace: '{{0.name}}' }],
  [1, { uid: '11111111-1111-4111-8111-111111111111' }],
  [1, { uid: '' }],
  [1, { resourceVersion: '1' }],
  [1, { resourceVersion: 'x' }],
  [1, { creationTimestamp: null }],
  [1, { creationTimestamp: '2020-01-01T00:00:00Z' }],
  [1, { creationTimestamp: 'then' }],
  [1, { deletionTimestamp: '2020-01-01T00:00:00Z' }],
  [1, { deletionGracePeriodSeconds: 5 }],
  [1, { generation: 7 }],
  [1, { generateName: 'gen-' }],
  [1, { generateName: 'Upper-' }],
  [1, { selfLink: '/x' }],
  [1, { managedFields: [] }],
  [1, { managedFields: [{}] }],
  [1, { managedFields: null }],
  [1, { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a' }] }],
  [1, { ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'a', uid: '{{0.uid}}' }] }],
  [1, { ownerReferences: [] }],
  [1, { unknownPart: 'x' }],
];

type Path = (string | number)[];

function pathsOf(value: Json, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [at, ...keys.flatMap((key) => pathsOf(value[key], [...at, key]))];
}

/** A copy with the value at `path` replaced, or left out where it is undefined. */
export function withValue(body: Json, path: Path, value: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(body)) {
    const changed = rest.length === 0 ? value : withValue(body[Number(key)], rest, value);
    return body.flatMap((one, index) => (index !== key ? [one] : changed === undefined ? [] : [changed]));
  }
  const { [key]: old, ...others } = body;
  const changed = rest.length === 0 ? value : withValue(old, rest, value);
  return changed === undefined ? others : { ...others, [key]: changed };
}

/** Merges what is given over the body, in a copy. */
export function over(body: Json, part: Json): Json {
  if (!isObject(body) || !isObject(part)) return part;
  return { ...body, ...Object.fromEntries(Object.entries(part).map(([key, one]) => [key, over(body[key], one)])) };
}

/** A Pod names its ServiceAccount, because the real server runs without the admission plugin that fills it in. */
export const keptKeys = new Set(['serviceAccountName']);

/** Something wrong in one place: another type, a field that is missing, or one that nobody knows. */
export function damaged(random: Random, body: Json): Json {
  const paths = pathsOf(body).filter((path) => path.length > 0 && !path.some((key) => keptKeys.has(String(key))));
  if (paths.length === 0) return body;
  const path = random.pick(paths);
  return random.weighted([
    [4, () => withValue(body, path, random.pick(junk))],
    [2, () => withValue(body, path, undefined)],
    [2, () => withUnknown(random, body, path)],
  ])();
}

function withUnknown(random: Random, body: Json, path: Path): Json {
  const place = path.slice(0, random.below(path.length));
  const target = place.reduce((value: Json, key) => value[key], body);
  return Array.isArray(target) ? body : withValue(body, [...place, random.pick(['unknownField', 'Spec'])], 'x');
}

const metadataPart = (random: Random): Json => random.weighted(metadataParts);

/** What an object's author may say of it besides what a valid one has: metadata, content, or nothing. */
export function additions(random: Random, kind: FuzzedKind): Json {
  let part: Json = {};
  if (random.chance(0.5)) part = over(part, { metadata: metadataPart(random) });
  if (random.chance(0.2)) part = over(part, { metadata: metadataPart(random) });
  if (random.chance(0.45)) part = over(part, random.pick(kind.contents));
  if (random.chance(0.1) && kind.statuses.length > 0) part = over(part, { status: random.pick(kind.statuses) });
  return part;
}

/** An object that is mostly valid. */
export function objectOf(random: Random, kind: FuzzedKind, name: string): Json {
  const body = over(kind.valid(name), additions(random, kind));
  if (random.chance(0.12)) return damaged(random, body);
  if (random.chance(0.03)) return withValue(body, [random.pick(['apiVersion', 'kind', 'metadata'])], undefined);
  if (random.chance(0.02)) return over(body, { kind: 'Other' });
  if (random.chance(0.02)) return over(body, { apiVersion: random.pick(['v2', 'example.dev/v9', 'a/b/c']) });
  return body;
}

/** Texts that are no object. */
export const rawBodies = [
  '',
  '{',
  '[]',
  'null',
  '"text"',
  '{"kind":"ConfigMap","kind":"Secret"}',
  '{"metadata":{"name":"a","name":"b"}}',
  '{"a":1}}',
  'a: b',
  '\u0000',
];
