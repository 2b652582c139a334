import fastJsonPatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';

import type { Clock } from '../../../certs/clock.ts';
import type { KubeClient, KubeRequest } from '../../../shared/kubernetes/client.ts';
import { ApiError } from '../../../shared/kubernetes/errors.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';

/** Secrets and webhook configurations as the API server keeps them: create once, update by resourceVersion, JSON patch with `test`. */
export interface FakeCluster {
  client: KubeClient;
  /** By path. */
  objects: Map<string, KubeObject>;
  /** `METHOD path` of each request so far. */
  requests: string[];
  /** Called before each request is answered; what it throws is the answer. */
  onRequest: (method: string, path: string) => void;
}

const fail = (request: string, status: number, reason: string): never => {
  throw new ApiError(request, status, { reason, message: reason });
};

export function fakeCluster(): FakeCluster {
  const objects = new Map<string, KubeObject>();
  let version = 0;
  const store = (path: string, object: KubeObject): KubeObject => {
    const stored = structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion: String(++version) } });
    objects.set(path, stored);
    return structuredClone(stored);
  };
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
    client: {
      server: 'https://cluster.test',
      close: () => undefined,
      stream: () => Promise.reject(new Error('nothing is watched here')),
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
  advance(ms: number): Promise<void>;
}

export function fakeClock(start = Date.parse('2026-01-01T00:00:00Z')): FakeClock {
  let now = start;
  let sleepers: { until: number; wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        sleepers.push({ until: now + ms, wake: resolve });
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      }),
    advance: async (ms) => {
      now += ms;
      const due = sleepers.filter(({ until }) => until <= now);
      sleepers = sleepers.filter(({ until }) => until > now);
      for (const { wake } of due) wake();
    },
  };
}
