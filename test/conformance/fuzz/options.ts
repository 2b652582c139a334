import type { FuzzedKind } from './kinds.ts';
import type { Random } from './random.ts';
import type { Fence } from './step.ts';

export type Query = Record<string, string>;

const labelSelectors: { selector: string; labels?: Record<string, string> }[] = [
  { selector: 'app=x', labels: { app: 'x' } },
  { selector: 'app!=x' },
  { selector: 'app in (x,y)', labels: { app: 'y' } },
  { selector: 'app notin (x)' },
  { selector: 'app', labels: { app: 'z' } },
  { selector: '!app' },
  { selector: 'app=x,tier', labels: { app: 'x', tier: 'back' } },
  { selector: 'app=', labels: { app: '' } },
];

const badLabelSelectors = [
  '=',
  'app=not a value',
  'app in',
  'app in (',
  'a b',
  '!',
  'app,,tier',
  'app=x,',
  '-=x',
  'app>x',
];
const badFieldSelectors = [
  'nothing',
  'metadata.uid=x',
  'spec.unknown=x',
  'metadata.name=a=b',
  'metadata.name=\\x',
  ',',
];

/** A selector, and what a fence must be for it. `strict`: one that chooses at most what carries labels or has a name. */
export function selectorOf(random: Random, kind: FuzzedKind, { strict = false } = {}): { query: Query; fence: Fence } {
  const positive = labelSelectors.filter(({ labels }) => !strict || labels !== undefined);
  return random.weighted<() => { query: Query; fence: Fence }>([
    [
      8,
      () => {
        const { selector, labels } = random.pick(positive);
        return { query: { labelSelector: selector }, fence: labels === undefined ? {} : { labels } };
      },
    ],
    [
      3,
      () => {
        const name = random.pick(['a', 'b']);
        return { query: { fieldSelector: `metadata.name=${name}` }, fence: { name } };
      },
    ],
    [
      strict ? 0 : 4,
      () => {
        const { selector, fields } = random.pick(kind.fieldSelectors);
        return { query: { fieldSelector: selector }, fence: fields === undefined ? {} : { fields } };
      },
    ],
    [strict ? 0 : 1, () => ({ query: { fieldSelector: 'metadata.name!=a' }, fence: {} })],
    [strict ? 0 : 1, () => ({ query: { fieldSelector: 'metadata.namespace={{0.name}}' }, fence: {} })],
    [1, () => ({ query: { labelSelector: random.pick(badLabelSelectors) }, fence: {} })],
    [strict ? 0 : 1, () => ({ query: { fieldSelector: random.pick(badFieldSelectors) }, fence: {} })],
  ])();
}

/** What all writes take. */
export function writeOptions(random: Random): Query {
  return {
    ...(random.chance(0.12) ? { dryRun: random.chance(0.85) ? 'All' : random.pick(['None', '']) } : {}),
    ...(random.chance(0.35)
      ? {
          fieldValidation: random.weighted([
            [6, 'Strict'],
            [4, 'Ignore'],
            [2, 'Warn'],
            [1, 'Loose'],
          ] as const),
        }
      : {}),
    ...(random.chance(0.2)
      ? {
          fieldManager: random.weighted([
            [6, 'one'],
            [4, 'two'],
            [1, 'a\u0001b'],
          ] as const),
        }
      : {}),
  };
}

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const partial = (kind: string): string => `application/json;as=${kind};v=v1;g=meta.k8s.io`;

/** Another form of the answer, some of the time. */
export function acceptOf(random: Random): string | undefined {
  if (!random.chance(0.18)) return undefined;
  return random.weighted([
    [5, table],
    [2, partial('PartialObjectMetadata')],
    [2, partial('PartialObjectMetadataList')],
    [1, `${table},application/json`],
    [1, 'application/json;as=Table;v=v9;g=meta.k8s.io'],
    [1, `application/json;as=Table;v=v9;g=meta.k8s.io,*/*`],
    [1, 'text/html'],
    [1, '*/*'],
  ]);
}

/** Some earlier version: of an object, of a list, none, the beginning, or what is no version. */
export function versionOf(random: Random, earlier: number[]): string {
  const known = earlier.length === 0 ? '0' : `{{${random.pick(earlier)}.resourceVersion}}`;
  return random.weighted([
    [10, known],
    [4, '0'],
    [1, ''],
    [1, 'x'],
    [1, '-1'],
  ]);
}
