import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { runControllers } from '../../../controller/compose.ts';
import { LOCAL_IMAGES } from '../../../controller/taskrun/pod/images.ts';
import type { KubeClient } from '../../../shared/kubernetes/client.ts';
import { ApiError } from '../../../shared/kubernetes/errors.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { createLogger, silentLogger } from '../../../shared/runtime/log.ts';
import { aborted } from '../../../shared/runtime/shutdown.ts';
import type { PipelineRun } from '../../../shared/tekton/types.ts';
import type { SpanSink } from '../../../shared/tracing/exporters/sink.ts';
import { pipelineRun, pod, ranRun, ranTask, taskRun } from './lifecycle/objects.ts';

/** Longer than a process that was told to end may take, less than the 30 s after which it is killed. */
const END_MS = 25_000;
const EXPORTED = 'tekton/trace-exported';
const tasks = ['compile', 'publish'].map((name) => ({ name, taskSpec: { steps: [{ name: 'all', image: 'make' }] } }));
const running = { ...pipelineRun(undefined), spec: { pipelineSpec: { tasks } } } as PipelineRun;
const objects: Record<string, KubeObject[]> = {
  pipelineruns: [running],
  taskruns: [taskRun(ranTask)],
  pods: [pod()],
};

/** An API server that answers requests as `request` does, and whose watches bring nothing. */
const fakeClient = (request: (...args: Parameters<KubeClient['request']>) => Promise<unknown>): KubeClient => ({
  request: request as KubeClient['request'],
  async stream(path, { query, signal } = {}) {
    if (query?.sendInitialEvents) throw new ApiError(`GET ${path}`, 422, { reason: 'Invalid' });
    return (async function* (): AsyncGenerator<string> {
      if (signal) await aborted(signal);
      yield* [];
    })();
  },
  server: 'https://fake',
  close: () => undefined,
});

beforeEach(() => {
  jest.useFakeTimers({ advanceTimers: true, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
});
afterEach(() => {
  jest.useRealTimers();
});

test('a request that never ends delays neither waiting marks nor the end', async () => {
  const creating = Promise.withResolvers<void>();
  const sent = Promise.withResolvers<void>();
  const done: string[] = [];
  let logged = '';
  const request = async (...[method, path, { body } = {}]: Parameters<KubeClient['request']>): Promise<unknown> => {
    const [, resource = ''] = /\/(\w+)$/.exec(path) ?? [];
    if (path === '/api/v1/namespaces/kube-system') return { metadata: { uid: 'cluster' } };
    if (method === 'GET') return { metadata: { resourceVersion: '9' }, items: objects[resource] ?? [] };
    if (JSON.stringify(body)?.includes(EXPORTED)) done.push(`mark ${path}`);
    if (method !== 'POST' || resource !== 'taskruns') return body;
    creating.resolve();
    return new Promise(() => undefined);
  };
  const client = fakeClient(request);
  const sink: SpanSink = {
    async send(spans: ReadableSpan[]) {
      if (spans.some(({ name }) => name === 'task compile')) sent.resolve();
    },
    target: 'https://collector',
    close: async () => void done.push('closed'),
  };
  const controllers = await runControllers({
    ...{ client, sink, manage: 'all', images: LOCAL_IMAGES, sampling: { ratio: 1 }, keepFailures: true },
    log: createLogger({ write: (line) => (logged += line) }),
  });
  await Promise.all([creating.promise, sent.promise]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual([]);

  const stopped = controllers.stop();
  await jest.advanceTimersByTimeAsync(END_MS);
  await stopped;
  expect(done).toEqual([expect.stringMatching(/^mark .*\/taskruns\/build-x7k2p-compile$/), 'closed']);
  expect(logged).toContain('reconciles abandoned');
});

test('a run starts after 5 s, whatever becomes of its context and of the spans of 40 finished runs', async () => {
  const finished = Array.from({ length: 40 }, (_, index) =>
    pipelineRun(ranRun, { name: `old-${index}`, uid: `uid-old-${index}` }),
  );
  const fresh = { ...running, metadata: { ...running.metadata, annotations: {} } };
  // No time passes but what the test lets pass: what a busy machine takes does not count.
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  const startedMs = Date.now();
  const created = Promise.withResolvers<number>();
  const swallowed = Promise.withResolvers<void>();
  const client = fakeClient(async (method, path, { body } = {}) => {
    const [, resource = ''] = /\/(\w+)$/.exec(path) ?? [];
    if (path === '/api/v1/namespaces/kube-system') return { metadata: { uid: 'cluster' } };
    if (method === 'GET')
      return { metadata: { resourceVersion: '9' }, items: resource === 'pipelineruns' ? [...finished, fresh] : [] };
    if (JSON.stringify(body)?.includes('span-context') && method === 'PATCH') return new Promise(() => undefined);
    if (method === 'POST' && resource === 'taskruns') created.resolve(Date.now() - startedMs);
    return body;
  });
  const sink: SpanSink = {
    send: () => (swallowed.resolve(), new Promise(() => undefined)),
    target: 'https://collector',
    close: async () => undefined,
  };
  const controllers = await runControllers({
    ...{ client, sink, manage: 'all', images: LOCAL_IMAGES, sampling: { ratio: 1 }, keepFailures: true },
    log: silentLogger,
  });
  await swallowed.promise;
  await jest.advanceTimersByTimeAsync(5_000);
  const afterMs = await created.promise;
  expect(afterMs).toBeGreaterThanOrEqual(5_000);
  expect(afterMs).toBeLessThan(6_000);
  const stopped = controllers.stop();
  await jest.advanceTimersByTimeAsync(END_MS);
  await stopped;
});
