import { gzipSync } from 'node:zlib';

import type { Random } from '../../../conformance/fuzz/random.ts';
import { review, setKey } from './objects.ts';

export interface FuzzCase {
  path: string;
  method: string;
  headers: Record<string, string>;
  body: Buffer;
  /** How the body is sent: at once, in pieces with pauses, or only in part before the client goes. */
  sending: 'whole' | 'pieces' | 'stalled';
  what: string;
}

const KINDS = ['pipelinerun', 'taskrun', 'pod'] as const;
const MB = 1 << 20;

const ODD: readonly unknown[] = [
  null,
  [],
  {},
  '',
  0,
  -1,
  1.5,
  1e308,
  true,
  'x',
  '__proto__',
  [null],
  [[]],
  { a: null },
  'é\u0000\ud800',
  '9'.repeat(400),
];
const PROTOTYPE_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'toJSON'];

type Place = { holder: object; key: string };

/** Every place of a value of JSON. */
function placesIn(value: unknown, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, inner] of Object.entries(value)) {
    found.push({ holder: value, key });
    placesIn(inner, found);
  }
  return found;
}

/** Replaces, removes or adds a few values anywhere. */
function reshape(random: Random, value: object): object {
  for (let count = 1 + random.below(4); count > 0; count--) {
    const places = placesIn(value);
    if (places.length === 0) break;
    const { holder, key } = random.pick(places);
    const change = random.below(3);
    if (change === 0) setKey(holder, key, structuredClone(random.pick(ODD)));
    else if (change === 1) delete (holder as Record<string, unknown>)[key];
    else if (!Array.isArray(holder)) setKey(holder, random.pick(PROTOTYPE_KEYS), structuredClone(random.pick(ODD)));
  }
  return value;
}

const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth);

/** Broken or unusual text made of a review's. */
function breakText(random: Random, text: string): string {
  const at = random.below(text.length);
  return random.pick([
    () => text.slice(0, at),
    () =>
      text.slice(0, at) + random.pick(['\u0000', '\u0007', ',', '}', '"', '\\', '\ud800', '\ufeff']) + text.slice(at),
    () => text.slice(0, at) + String.fromCharCode(32 + random.below(90)) + text.slice(at + 1),
    () => text + text,
    () => `\ufeff${text}`,
    () => text.replace('"uid"', '"uid":"first","uid"'),
    () => text.replace('{', '{"request":null,'),
    () =>
      random.pick([
        '',
        ' ',
        'null',
        '[]',
        '""',
        '0',
        'NaN',
        '{',
        '[',
        '{"kind":"AdmissionReview"}',
        '{"kind":"AdmissionReview","request":{"uid":7}}',
      ]),
  ])();
}

function encoded(random: Random, text: string): { body: Buffer; headers: Record<string, string> } {
  return random.pick([
    () => ({ body: Buffer.from(text, 'utf16le'), headers: { 'content-type': 'application/json; charset=utf-16' } }),
    () => ({ body: Buffer.from(text, 'utf16le'), headers: { 'content-type': 'application/json' } }),
    () => ({ body: Buffer.from(text), headers: { 'content-type': 'application/json; charset=utf-7' } }),
    () => ({ body: Buffer.from(text), headers: { 'content-type': '\u00ff; ; charset="' } }),
    () => ({ body: gzipSync(text), headers: { 'content-encoding': 'gzip' } }),
    () => ({ body: Buffer.from(text), headers: { 'content-encoding': 'gzip' } }),
    () => ({ body: Buffer.from(text.replace('build', 'b\u00ffuild'), 'latin1'), headers: {} }),
    () => ({ body: Buffer.concat([Buffer.from(text), Buffer.from([0xc3, 0x28])]), headers: {} }),
  ])();
}

/** A review whose body has about this many bytes, all of them in one annotation. */
function large(random: Random, kind: (typeof KINDS)[number], bytes: number): string {
  const sent = review(random, kind) as { request: { object: { metadata: { annotations?: object | null } } } };
  sent.request.object.metadata.annotations = { 'example.com/note': 'x'.repeat(bytes) };
  return JSON.stringify(sent);
}

/** The case that follows from `random`. Most are reviews of a wrong shape; large, deep and slow ones are rare, because they take long. */
export function fuzzCase(random: Random): FuzzCase {
  const kind = random.pick(KINDS);
  const plain: FuzzCase = {
    ...{ path: `/mutate/${kind}`, method: 'POST', headers: {}, sending: 'whole', what: 'valid' },
    body: Buffer.alloc(0),
  };
  const text = (): string => JSON.stringify(review(random, kind));
  const of = (what: string, body: string | Buffer, more: Partial<FuzzCase> = {}): FuzzCase => ({
    ...{ ...plain, ...more, what },
    body: Buffer.isBuffer(body) ? body : Buffer.from(body),
  });
  const makers: readonly (readonly [number, () => FuzzCase])[] = [
    [1500, () => of('valid', text())],
    [5000, () => of('reshaped', JSON.stringify(reshape(random, review(random, kind))))],
    [2000, () => of('broken text', breakText(random, text()))],
    [
      800,
      () => {
        const { body, headers } = encoded(random, text());
        return of('encoded', body, { headers });
      },
    ],
    [
      150,
      () =>
        of(
          'deep',
          random.pick([
            () => nested(1 + random.below(100_000), '[', ']'),
            () => nested(1 + random.below(20_000), '{"a":', '}').replace(':}', ':1}'),
            () => text().replace('"annotations":{', `"annotations":{"deep":${nested(1_000, '[', ']')},`),
            () => text().replace('"spec":{', `"spec":{"deep":${nested(1_000, '[', ']')},`),
          ])(),
        ),
    ],
    [
      300,
      () =>
        of('elsewhere', text(), {
          path: random.pick([
            '/',
            '/mutate',
            '/mutate/',
            '/mutate/secret',
            '/mutate/pod/x',
            '/mutate/%00',
            '/mutate/..%2f',
            '/readyz',
          ]),
          method: random.pick(['POST', 'GET', 'PUT', 'DELETE']),
        }),
    ],
    [12, () => of('6 MB', large(random, kind, 6 * MB + random.below(MB / 2)))],
    [4, () => of('more than 7 MB', large(random, kind, 7 * MB + random.below(MB)))],
    [120, () => of('in pieces', text(), { sending: 'pieces' })],
    [60, () => of('stalled', text(), { sending: 'stalled' })],
  ];
  return random.weighted(makers)();
}
