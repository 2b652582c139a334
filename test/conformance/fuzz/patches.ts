import type { Json } from '../harness/client.ts';
import { additions, damaged, objectOf, rawBodies } from './bodies.ts';
import { writeOptions } from './options.ts';
import type { Random } from './random.ts';
import { nameOf } from './writes.ts';
import type { Request, Situation } from './writes.ts';

const VERSION = '/metadata/resourceVersion';

const pointers = [
  '/metadata/labels',
  '/metadata/labels/app',
  '/metadata/annotations/note',
  '/metadata/finalizers',
  '/metadata/finalizers/0',
  '/metadata/finalizers/-',
  '/metadata/name',
  '/metadata/uid',
  VERSION,
  '/data/key',
  '/data',
  '/spec',
  '/status',
  '/nothing/here',
  '/kind',
  '/',
  '',
  'no-pointer',
];

/** Elsewhere a version would be another text on each server. */
const sources = pointers.filter((pointer) => pointer !== VERSION);

function operation({ random, kind, earlier }: Situation): Json {
  const path = random.pick(pointers);
  const { metadata = {} } = additions(random, kind);
  const value = random.weighted<Json>([
    [3, 'x'],
    [2, { app: 'x' }],
    [1, metadata.labels ?? null],
    [1, ['fuzz.dev/hold']],
    [1, 'fuzz.dev/hold'],
    [1, 5],
    [1, null],
    [1, ''],
  ]);
  if (path === VERSION && earlier.length > 0 && random.chance(0.7))
    return { op: 'replace', path, value: `{{${random.pick(earlier)}.resourceVersion}}` };
  return random.weighted<() => Json>([
    [5, () => ({ op: 'add', path, value })],
    [4, () => ({ op: 'replace', path, value })],
    [3, () => ({ op: 'remove', path })],
    [2, () => ({ op: 'test', path, value })],
    [1, () => ({ op: 'move', from: random.pick(sources), path })],
    [1, () => ({ op: 'copy', from: random.pick(sources), path })],
    [1, () => ({ op: random.pick(['delete', '', 5]), path, value })],
    [1, () => ({ op: 'add', path })],
    [1, () => ({ op: 'replace', path, value, extra: true })],
    [1, () => ({ path, value })],
  ])();
}

function jsonPatch(situation: Situation): Json {
  const { random } = situation;
  if (random.chance(0.05)) return random.pick<Json>([{}, { op: 'add' }, [null], ['add'], [[]], []]);
  return Array.from({ length: 1 + random.below(3) }, () => operation(situation));
}

/** What a merge patch or a strategic one says of the object: changed parts, parts taken out, a version. */
function partialObject({ random, kind, earlier }: Situation): Json {
  const added = additions(random, kind);
  const nulls = random.weighted<Json>([
    [6, {}],
    [1, { metadata: { ...added.metadata, labels: null } }],
    [1, { metadata: { ...added.metadata, finalizers: null } }],
    [1, { metadata: { ...added.metadata, annotations: { note: null } } }],
    [1, { metadata: null }],
    [1, { data: null }],
    [1, { spec: null }],
    [1, { kind: null }],
    [1, { kind: 'Other' }],
    [1, { apiVersion: 'v9' }],
  ]);
  const known = earlier.length > 0 ? random.pick(earlier) : undefined;
  const version =
    known !== undefined && random.chance(0.2)
      ? { metadata: { ...added.metadata, resourceVersion: `{{${known}.resourceVersion}}` } }
      : {};
  const patch = { ...added, ...version, ...nulls };
  return random.chance(0.08) ? damaged(random, patch) : patch;
}

const directives: Json[] = [
  { metadata: { finalizers: ['fuzz.dev/second'] } },
  { metadata: { '$deleteFromPrimitiveList/finalizers': ['fuzz.dev/hold'] } },
  { metadata: { labels: { $patch: 'replace', only: 'this' } } },
  { metadata: { labels: { $patch: 'delete' } } },
  { metadata: { labels: { $patch: 'wrong' } } },
  { metadata: { '$setElementOrder/finalizers': ['fuzz.dev/other', 'fuzz.dev/hold'] } },
  { $patch: 'delete' },
  { $patch: 'replace', metadata: { labels: { a: 'b' } } },
  { metadata: { ownerReferences: [{ uid: '{{0.uid}}', $patch: 'delete' }] } },
  { spec: { containers: [{ name: 'main', image: 'busybox:2' }] } },
  { spec: { containers: [{ name: 'main', $patch: 'delete' }] } },
  { spec: { '$setElementOrder/containers': [{ name: 'main' }], containers: [{ name: 'main', image: 'busybox:3' }] } },
  { spec: { containers: [{ image: 'nameless' }] } },
  { spec: { $retainKeys: ['containers'] } },
  { data: { $retainKeys: ['key'] } },
  { secrets: [{ name: 'c' }] },
  { secrets: [{ name: 'a', $patch: 'delete' }] },
  { imagePullSecrets: [{ $patch: 'replace' }, { name: 'd' }] },
];

function strategicPatch(situation: Situation): Json {
  const { random } = situation;
  return random.chance(0.4) ? random.pick(directives) : partialObject(situation);
}

function applyQuery(random: Random): Record<string, string> {
  const { dryRun, fieldValidation } = writeOptions(random);
  const force = random.weighted<Record<string, string>>([
    [5, {}],
    [3, { force: 'true' }],
    [1, { force: 'false' }],
  ]);
  const manager = random.weighted<Record<string, string>>([
    [5, { fieldManager: 'one' }],
    [4, { fieldManager: 'two' }],
    [1, {}],
  ]);
  return {
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(fieldValidation === undefined ? {} : { fieldValidation }),
    ...force,
    ...manager,
  };
}

/**
 * A kube-apiserver stores what is empty of a custom resource's metadata and never shows it: only its version moves. And it loses the name
 * of one whose applier gives up a generateName.
 */
function withoutEmpty(metadata: Json): Json {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return metadata;
  const isEmpty = (value: Json): boolean =>
    typeof value === 'object' && value !== null && Object.values(value).every((one) => one === null);
  return Object.fromEntries(
    Object.entries(metadata).filter(([key, value]) => key !== 'generateName' && !isEmpty(value)),
  );
}

function applied({ random, kind, earlier }: Situation, name: string): Json {
  const whole = objectOf(random, kind, name);
  const body = random.chance(0.4)
    ? { ...additions(random, kind), apiVersion: kind.apiVersion, kind: kind.kind }
    : whole;
  if (body !== whole) body.metadata = { ...body.metadata, name };
  if (kind.kind === 'Pod' && typeof body.spec === 'object' && body.spec !== null)
    body.spec = { serviceAccountName: 'default', ...body.spec };
  if (kind.isCustom) body.metadata = withoutEmpty(body.metadata);
  if (earlier.length > 0 && random.chance(0.1) && typeof body.metadata === 'object' && body.metadata !== null)
    body.metadata = { ...body.metadata, resourceVersion: `{{${random.pick(earlier)}.resourceVersion}}` };
  return body;
}

const types = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

export function patchRequest(situation: Situation, subresource = ''): Request {
  const { random, kind } = situation;
  const name = nameOf(random);
  const path = `${kind.resource}/${name}${subresource}`;
  const base = { method: 'PATCH', path, query: writeOptions(random) } as const;
  const status = subresource !== '' && kind.statuses.length > 0 ? { status: random.pick(kind.statuses) } : {};
  const isRaw = random.chance(0.03);
  const body = (made: Json): Json => (isRaw ? random.pick(rawBodies) : made);
  return random.weighted<() => Request>([
    [3, () => ({ ...base, contentType: types.json, body: body(jsonPatch(situation)) })],
    [4, () => ({ ...base, contentType: types.merge, body: body({ ...partialObject(situation), ...status }) })],
    [
      kind.isCustom ? 0.3 : 4,
      () => ({ ...base, contentType: types.strategic, body: body({ ...strategicPatch(situation), ...status }) }),
    ],
    [
      5,
      () => ({
        ...base,
        query: applyQuery(random),
        contentType: types.apply,
        body: body({ ...applied(situation, name), ...status }),
      }),
    ],
    [0.2, () => ({ ...base, contentType: 'application/json', body: {} })],
    [0.2, () => ({ ...base, contentType: types.merge, query: { ...base.query, force: 'true' }, body: {} })],
  ])();
}
