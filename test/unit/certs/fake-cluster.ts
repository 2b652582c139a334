import fastJsonPatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';

import type { Clock } from '../../../certs/clock.ts';
import type { KubeClient, KubeRequest } from '../../../shared/kubernetes/client.ts';
import { ApiError } from '../../../shared/kubernetes/errors.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';

/** Secrets and webhook configurations as the API server keeps them: create once, update by resourceVersion, JSON patch with `test`, watch by name. */
export interface FakeCluster {
  client: KubeClient;
  /** By path. */
  objects: Map<string, KubeObject>;
  /** `METHOD path` of each request so far. */
  requests: string[];
  /** Called before each request is answered; what it throws is the answer. */
  onRequest: (method: string, path: string) => void;
  /** As `kubectl delete` and `kubectl replace` do it; who watches gets the event. */
  remove(path: string): void;
  replace(path: string, object: KubeObject): void;
}

interface Watcher {
  list: string;
  name: string;
  push: (type: string, object: KubeObject) => void;
}

const fail = (request: string, status: number, reason: string): never => {
  throw new ApiError(request, status, { reason, message: reason });
};

export function fakeCluster(): FakeCluster {
  const objects = new Map<string, KubeObject>();
  const watchers = new Set<Watcher>();
  let version = 0;
  const notify = (path: string, type: string, object: KubeObject): void => {
    for (const { list, name, push } of watchers) if (`${list}/${name}` === path) push(type, structuredClone(object));
  };
  const store = (path: string, object: KubeObject): KubeObject => {
    const { uid = `uid-${version}` } = objects.get(path)?.metadata ?? {};
    const metadata = { ...object.metadata, uid, resourceVersion: String(++version) };
    const stored = structuredClone({ ...object, metadata });
    notify(path, objects.has(path) ? 'MODIFIED' : 'ADDED', stored);
    objects.set(path, stored);
    return structuredClone(stored);
  };
  /** A watch that begins with what is there, until its signal aborts. */
  async function* watch(list: string, name: string, signal: AbortSignal): AsyncGenerator<string> {
    const lines: string[] = [];
    let wake = Promise.withResolvers<void>();
    const push = (type: string, object: KubeObject): void => {
      lines.push(JSON.stringify({ type, object }));
      wake.resolve();
    };
    const watcher = { list, name, push };
    const present = objects.get(`${list}/${name}`);
    if (present) push('ADDED', present);
    const annotations = { 'k8s.io/initial-events-end': 'true' };
    push('BOOKMARK', { metadata: { resourceVersion: String(version), annotations } });
    watchers.add(watcher);
    const stop = (): void => wake.resolve();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        yield* lines.splice(0);
        await wake.promise;
        wake = Promise.withResolvers();
      }
    } finally {
      watchers.delete(watcher);
    }
  }
  const answer = (method: string, path: string, { body }: KubeRequest): KubeObject => {
    const request = `${method} ${path}`;
    if (method === 'POST') {
      const created = body as KubeObject;
      const target = `${path}/${created.metadata.name}`;
      return objects.has(target) ? fail(request, 409, 'AlreadyExists') : store(target, created);
    }
    const existing = objects.get(path) ?? fail(request, 404, 'NotFound');
    if (method === 'GET') return structuredClone(existing);
    if (method === 'PATCH') {
      try {
        const patched = fastJsonPatch.applyPatch(structuredClone(existing), body as Operation[], true).newDocument;
        return store(path, patched);
      } catch {
        return fail(request, 422, 'Invalid');
      }
    }
    const update = body as KubeObject;
    return update.metadata.resourceVersion === existing.metadata.resourceVersion
      ? store(path, update)
      : fail(request, 409, 'Conflict');
  };
  const cluster: FakeCluster = {
    objects,
    requests: [],
    onRequest: () => undefined,
    remove: (path) => {
      const removed = objects.get(path);
      objects.delete(path);
      if (removed)
        notify(path, 'DELETED', { ...removed, metadata: { ...removed.metadata, resourceVersion: String(++version) } });
    },
    replace: (path, object) => void store(path, object),
    client: {
      server: 'https://cluster.test',
      close: () => undefined,
      stream: async (path, { query = {}, signal = new AbortController().signal } = {}) => {
        cluster.requests.push(`WATCH ${path}`);
        cluster.onRequest('WATCH', path);
        return watch(path, String(query.fieldSelector).replace('metadata.name=', ''), signal);
      },
      request: async <T>(method: string, path: string, options: KubeRequest = {}): Promise<T> => {
        cluster.requests.push(`${method} ${path}`);
        cluster.onRequest(method, path);
        return answer(method, path, options) as T;
      },
    },
  };
  return cluster;
}

/** Time that passes only when it is told to. */
export interface FakeClock extends Clock {
  advance(ms: number): void;
  /** The machine is suspended: its wall clock goes on, and a timer goes on with what was left of it. */
  suspend(ms: number): void;
}

export function fakeClock(start = Date.parse('2026-01-01T00:00:00Z')): FakeClock {
  let now = start;
  let awake = 0;
  let sleepers: { until: number; wake: () => void }[] = [];
  return {
    now: () => now,
    monotonicMs: () => awake,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        sleepers.push({ until: awake + ms, wake: resolve });
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
    suspend: (ms) => void (now += ms),
    advance: (ms) => {
      now += ms;
      awake += ms;
      const due = sleepers.filter(({ until }) => until <= awake);
      sleepers = sleepers.filter(({ until }) => until > awake);
      for (const { wake } of due) wake();
    },
  };
}

/** Resolves when `isSo`, asked after everything that is due has run. Time passes in no other way than by the fake clock. */
export async function eventually(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** Gives everything that is due some time to run. Nothing may depend on its being enough. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Lets time pass until `isSo`. */
export async function passing(clock: FakeClock, isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await settled();
    clock.advance(2_000);
  }
}
