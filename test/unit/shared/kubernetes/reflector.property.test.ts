import { afterEach, beforeEach, expect, test } from '@jest/globals';

import type { KubeClient, KubeRequest } from '../../../../shared/kubernetes/client.ts';
import { ApiError, ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import { Reflector } from '../../../../shared/kubernetes/reflector.ts';
import { PODS } from '../../../../shared/kubernetes/resources.ts';
import { objectKey } from '../../../../shared/kubernetes/types.ts';
import type { KubeObject } from '../../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { fc } from '../../../support/property.ts';

/** What happens to the cluster and to the connection, in any order. */
type Action =
  | { kind: 'write' | 'delete' | 'recreate'; name: string }
  | { kind: 'bookmark' | 'break' | 'end' | 'garble' | 'compact' | 'expire' | 'refuse' }
  | { kind: 'pass'; turns: number };

const name = fc.constantFrom('a', 'b', 'c', 'd');
const objectChanges = ['write', 'delete', 'recreate'] as const;
const accidents = ['bookmark', 'break', 'end', 'garble', 'compact', 'expire', 'refuse'] as const;
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom(...objectChanges), name }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), turns: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom(...accidents) }) },
);

interface Change {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
}

/** Ends a watch as a server does whose time is over. */
const END = 'end';

/** An API server's storage: objects, their history, and one open watch. Lists come in pages of two. */
class Cluster {
  readonly objects = new Map<string, KubeObject>();
  readonly streams: boolean;
  version = 1;
  #history: Change[] = [];
  /** All pages of a list are of one version. */
  #snapshot: KubeObject[] = [];
  #compacted = 0;
  #uids = 0;
  #refusals = 0;
  #wake: () => void = () => undefined;
  /** Lines for the open watch; a failure or `end` ends it. */
  #pending: (string | Error)[] = [];

  constructor(streams: boolean) {
    this.streams = streams;
  }

  write(each: string): void {
    const old = this.objects.get(each);
    const uid = old?.metadata.uid ?? `uid-${++this.#uids}`;
    this.#change(old ? 'MODIFIED' : 'ADDED', this.#object(each, uid));
  }

  delete(each: string): void {
    const old = this.objects.get(each);
    if (old) this.#change('DELETED', this.#object(each, old.metadata.uid ?? ''));
  }

  #object(each: string, uid: string): KubeObject {
    return { metadata: { name: each, namespace: 'ci', uid, resourceVersion: String(++this.version) } };
  }

  #change(type: Change['type'], object: KubeObject): void {
    const key = object.metadata.name ?? '';
    if (type === 'DELETED') this.objects.delete(key);
    else this.objects.set(key, object);
    this.#history.push({ version: this.version, type, object });
    this.push(JSON.stringify({ type, object }));
  }

  push(item: string | Error): void {
    this.#pending.push(item);
    this.#wake();
  }

  compact(): void {
    this.#compacted = this.version;
    this.#history = [];
  }

  refuse(): void {
    this.#refusals = 2;
  }

  request(path: string, { query = {} }: KubeRequest): unknown {
    this.#maybeRefuse(path);
    const [at, from] = String(query['continue'] ?? `${this.version}:0`)
      .split(':')
      .map(Number) as [number, number];
    if (at < this.#compacted) throw new ApiError(path, 410, { reason: 'Expired' });
    if (from === 0) this.#snapshot = [...this.objects.values()];
    const items = this.#snapshot;
    const limit = Number(query['limit'] ?? items.length) ? 2 : items.length;
    const more = query['limit'] !== undefined && from + limit < items.length;
    return {
      metadata: { resourceVersion: String(at), ...(more ? { continue: `${at}:${from + limit}` } : {}) },
      items: query['limit'] === undefined ? items : items.slice(from, from + limit),
    };
  }

  #maybeRefuse(path: string): void {
    if (this.#refusals-- > 0) throw new ConnectionError(path, new Error('refused'));
  }

  async *watch(path: string, { query = {}, signal }: KubeRequest): AsyncGenerator<string> {
    this.#maybeRefuse(path);
    const since = Number(query['resourceVersion'] ?? this.version);
    if (query['sendInitialEvents'] && !this.streams) throw new ApiError(path, 422, { reason: 'Invalid' });
    if (since < this.#compacted) throw new ApiError(path, 410, { reason: 'Expired' });
    this.#pending = this.#history.filter(({ version }) => version > since).map((change) => JSON.stringify(change));
    if (query['sendInitialEvents']) {
      const initial = [...this.objects.values()].map((object) => JSON.stringify({ type: 'ADDED', object }));
      this.#pending.unshift(...initial, this.bookmark({ 'k8s.io/initial-events-end': 'true' }));
    }
    for (;;) {
      signal?.throwIfAborted();
      const next = this.#pending.shift();
      if (next instanceof Error) throw new ConnectionError(path, next);
      if (next === END) return;
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          signal?.addEventListener('abort', () => resolve(), { once: true });
        });
    }
  }

  bookmark(annotations?: Record<string, string>): string {
    const metadata = { resourceVersion: String(this.version), ...(annotations ? { annotations } : {}) };
    return JSON.stringify({ type: 'BOOKMARK', object: { metadata } });
  }
}

const clientOf = (cluster: Cluster): KubeClient => ({
  request: async <T>(_method: string, path: string, options: KubeRequest = {}) => cluster.request(path, options) as T,
  stream: async (path, options = {}) => cluster.watch(path, options),
  server: 'https://fake',
  close: () => undefined,
});

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
};

async function act(cluster: Cluster, next: Action): Promise<void> {
  if (next.kind === 'write') cluster.write(next.name);
  else if (next.kind === 'delete') cluster.delete(next.name);
  else if (next.kind === 'recreate') {
    cluster.delete(next.name);
    cluster.write(next.name);
  } else if (next.kind === 'bookmark') cluster.push(cluster.bookmark());
  else if (next.kind === 'break') cluster.push(new Error('connection reset'));
  else if (next.kind === 'end') cluster.push(END);
  else if (next.kind === 'garble') cluster.push('{"type":"MODI');
  else if (next.kind === 'compact') cluster.compact();
  else if (next.kind === 'expire') {
    cluster.compact();
    cluster.push(JSON.stringify({ type: 'ERROR', object: { code: 410, reason: 'Expired' } }));
  } else if (next.kind === 'refuse') cluster.refuse();
  else if (next.kind === 'pass') await turns(next.turns);
}

let stop: AbortController;
beforeEach(() => void (stop = new AbortController()));
afterEach(() => stop.abort());

test.each([
  ['streams lists', true],
  ['pages lists', false],
])(
  'whatever happens to objects and connections, the store of a server that %s becomes equal to the cluster, and handlers see each object in order',
  async (_what, streams) => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const cluster = new Cluster(streams);
        const ending = new AbortController();
        // A handler that throws stops nothing: what it found wrong is in the log.
        const failures: unknown[] = [];
        const log = { ...silentLogger, error: (_text: string, fields?: object) => void failures.push(fields) };
        const reflector = new Reflector<KubeObject>({
          ...{ client: clientOf(cluster), resource: PODS, log },
          sleep: () => turns(3),
        });
        // What the handlers were told, as a model of its own: it must never be told twice, out of order, or of what it doesn't have.
        const told = new Map<string, KubeObject>();
        const version = ({ metadata }: KubeObject): number => Number(metadata.resourceVersion);
        reflector.addHandler({
          added: (object) => {
            expect(told.has(objectKey(object.metadata))).toBe(false);
            told.set(objectKey(object.metadata), object);
          },
          updated: (object, before) => {
            const known = told.get(objectKey(object.metadata));
            expect(known?.metadata).toEqual(before.metadata);
            expect(known?.metadata.uid).toBe(object.metadata.uid);
            expect(version(object)).toBeGreaterThan(version(before));
            told.set(objectKey(object.metadata), object);
          },
          deleted: (last) => {
            expect(told.get(objectKey(last.metadata))?.metadata.uid).toBe(last.metadata.uid);
            told.delete(objectKey(last.metadata));
          },
        });
        const ran = reflector.run(ending.signal).catch((error: unknown) => failures.push(error));
        for (const next of actions) await act(cluster, next);
        // Quiet now: it has to catch up by itself. The last write tells when it has.
        await turns(100);
        cluster.write('last');
        for (let round = 0; round < 200 && !reflector.store.get('ci/last'); round++) await turns(20);
        await turns(50);
        const state = (objects: Iterable<KubeObject>): string[] =>
          [...objects]
            .map(({ metadata: { name: each, uid, resourceVersion } }) => `${each} ${uid} ${resourceVersion}`)
            .sort();
        expect(state(reflector.store.list())).toEqual(state(cluster.objects.values()));
        expect(state(told.values())).toEqual(state(cluster.objects.values()));
        ending.abort();
        await ran;
        expect(failures).toEqual([]);
      }),
      { numRuns: 300 },
    );
  },
);
