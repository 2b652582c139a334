import { beforeEach, describe, expect, test } from '@jest/globals';

import type { KubeClient, KubeRequest } from '../../../../shared/kubernetes/client.ts';
import { ApiError, ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import { createEventRecorder } from '../../../../shared/kubernetes/events.ts';
import type { EventRecorderOptions, RunningEventRecorder } from '../../../../shared/kubernetes/events.ts';
import type { Status } from '../../../../shared/kubernetes/types.ts';
import { createLogger } from '../../../../shared/runtime/log.ts';

const RUN = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'build', namespace: 'ci', uid: 'u-1', resourceVersion: '7' },
};
const lost = (): ConnectionError => new ConnectionError('POST /x', 'connection lost');

interface Sent {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

let sent: Sent[];
/** Thrown for the next requests, one each; after them all go well. */
let failures: (Error | undefined)[];
let outcomes: string[];
let logged: string;
let recorder: RunningEventRecorder;

function start(options: Partial<EventRecorderOptions> = {}, request?: KubeClient['request']): void {
  const answer = async <T>(method: string, path: string, { body }: KubeRequest = {}): Promise<T> => {
    sent.push({ method, path, body: body as Record<string, unknown> });
    const failure = failures.shift();
    if (failure) throw failure;
    return body as T;
  };
  const client: KubeClient = {
    server: 'https://fake',
    close: () => undefined,
    stream: () => Promise.reject(new Error('nothing is streamed here')),
    request: request ?? answer,
  };
  recorder = createEventRecorder(client, {
    component: 'tests',
    log: createLogger({ level: 'debug', write: (line) => (logged += line) }),
    observer: (outcome) => void outcomes.push(outcome),
    clock: () => new Date('2026-05-01T10:00:00.250Z'),
    random: () => 0.5,
    sleep: async () => undefined,
    ...options,
  });
}

beforeEach(() => {
  sent = [];
  failures = [];
  outcomes = [];
  logged = '';
  start();
});

describe('an Event', () => {
  test('names its object, source, reason and time', async () => {
    recorder.record(RUN, 'Warning', 'Failed', 'it broke');
    await recorder.flush();
    expect(sent).toEqual([
      {
        method: 'POST',
        path: '/api/v1/namespaces/ci/events',
        body: {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: expect.stringMatching(/^build\.[0-9a-f]{16}$/), namespace: 'ci' },
          involvedObject: {
            ...{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'build' },
            ...{ namespace: 'ci', uid: 'u-1', resourceVersion: '7' },
          },
          ...{ type: 'Warning', reason: 'Failed', message: 'it broke', source: { component: 'tests' }, count: 1 },
          ...{ reportingComponent: 'tests', reportingInstance: '' },
          firstTimestamp: '2026-05-01T10:00:00.250Z',
          lastTimestamp: '2026-05-01T10:00:00.250Z',
        },
      },
    ]);
    expect(outcomes).toEqual(['created']);
  });

  test('of a node names it, the container and another source', async () => {
    start({ host: 'node-1' });
    recorder.record(RUN, 'Normal', 'Pulled', '', { fieldPath: 'spec.containers{main}', component: 'kubelet' });
    await recorder.flush();
    expect(sent[0]?.body).toMatchObject({
      source: { component: 'kubelet', host: 'node-1' },
      reportingInstance: 'node-1',
      involvedObject: { fieldPath: 'spec.containers{main}' },
    });
  });

  test('has a message and a name that the API server accepts, of any length', async () => {
    const long = { ...RUN, metadata: { ...RUN.metadata, name: `${'a'.repeat(235)}.b-${'c'.repeat(15)}` } };
    recorder.record(long, 'Normal', 'Running', 'x'.repeat(5000));
    await recorder.flush();
    const { message, metadata } = sent[0]?.body as { message: string; metadata: { name: string } };
    expect(message).toHaveLength(1024);
    expect(metadata.name.length).toBeLessThanOrEqual(253);
    expect(metadata.name).toMatch(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/);
  });

  test('about an object without a namespace is in the default one', async () => {
    recorder.record({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } }, 'Normal', 'Starting', '');
    await recorder.flush();
    expect(sent[0]).toMatchObject({
      path: '/api/v1/namespaces/default/events',
      body: { metadata: { namespace: 'default' } },
    });
  });

  test('that is repeated increases the count of the existing one', async () => {
    for (const _ of [1, 2, 3]) recorder.record(RUN, 'Warning', 'Failed', 'it broke');
    await recorder.flush();
    const { name } = sent[0]?.body['metadata'] as { name: string };
    const path = `/api/v1/namespaces/ci/events/${name}`;
    const lastTimestamp = '2026-05-01T10:00:00.250Z';
    expect(sent.slice(1)).toEqual([
      { method: 'PATCH', path, body: { count: 2, lastTimestamp, message: 'it broke' } },
      { method: 'PATCH', path, body: { count: 3, lastTimestamp, message: 'it broke' } },
    ]);
    expect(outcomes).toEqual(['created', 'updated', 'updated']);
  });

  test('that is repeated after the first one expired is created with its count', async () => {
    failures = [undefined, new ApiError('PATCH /x', 404, { reason: 'NotFound' })];
    for (const _ of [1, 2]) recorder.record(RUN, 'Warning', 'Failed', 'it broke');
    await recorder.flush();
    expect(sent.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
    expect(sent[2]?.body).toMatchObject({
      count: 2,
      metadata: { name: (sent[0]?.body['metadata'] as { name: string }).name },
    });
  });
});

describe('failures', () => {
  test('is logged with the object, and fails nothing', async () => {
    failures = [new ApiError('POST /x', 403, { reason: 'Forbidden', message: 'events is forbidden' })];
    recorder.record(RUN, 'Normal', 'Started', '');
    recorder.record(RUN, 'Normal', 'Running', '');
    await recorder.flush();
    expect(logged).toMatch(/"level":"warn".*ci\/build.*events is forbidden/);
    expect(outcomes).toEqual(['failed', 'created']);
  });

  test('of the connection are retried with the same name, and the order stays', async () => {
    const alreadyThere = new ApiError('POST /x', 409, { reason: 'AlreadyExists' });
    failures = [lost(), new ApiError('POST /x', 503, {}), alreadyThere];
    const waitsMs: number[] = [];
    start({ sleep: async (ms) => void waitsMs.push(ms) });
    recorder.record(RUN, 'Normal', 'Started', '');
    recorder.record(RUN, 'Normal', 'Running', '');
    await recorder.flush();
    const names = sent.map(({ body }) => (body['metadata'] as { name: string }).name);
    expect(new Set(names.slice(0, 3)).size).toBe(1);
    expect(sent.map(({ body }) => body['reason'])).toEqual(['Started', 'Started', 'Started', 'Running']);
    expect(waitsMs).toEqual([1000, 2000]);
    expect(outcomes).toEqual(['created', 'created']);
  });

  test('for longer than a short while is given up', async () => {
    failures = Array.from({ length: 8 }, lost);
    recorder.record(RUN, 'Normal', 'Started', '');
    await recorder.flush();
    expect(sent).toHaveLength(8);
    expect(outcomes).toEqual(['failed']);
  });

  test.each<[string, number, Partial<Status>]>([
    ['is being deleted', 403, { reason: 'Forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } }],
    ['is gone', 404, { reason: 'NotFound', details: { kind: 'namespaces' } }],
  ])('because the namespace %s gives no warning', async (_name, status, body) => {
    failures = [new ApiError('POST /x', status, body)];
    recorder.record(RUN, 'Normal', 'Started', '');
    await recorder.flush();
    expect(logged).toContain('"level":"debug"');
    expect(logged).not.toContain('"level":"warn"');
  });
});

describe('too many Events', () => {
  test('for the queue are dropped and counted, with one log line', async () => {
    const hold = Promise.withResolvers<never>();
    hold.promise.catch(() => undefined);
    start({}, () => hold.promise);
    for (let number = 0; number < 1100; number++) recorder.record(RUN, 'Normal', `Reason${number}`, '');
    expect(outcomes.filter((outcome) => outcome === 'dropped')).toHaveLength(100);
    expect(logged.match(/too many events/g)).toHaveLength(1);
    hold.reject(new Error('end'));
    await recorder.flush();
  });

  test('about one object are held back, those of others are not', async () => {
    for (let number = 0; number < 40; number++) recorder.record(RUN, 'Normal', `Reason${number}`, '');
    recorder.record({ ...RUN, metadata: { ...RUN.metadata, uid: 'u-2' } }, 'Normal', 'Started', '');
    await recorder.flush();
    expect(outcomes.filter((outcome) => outcome === 'suppressed')).toHaveLength(15);
    expect(sent).toHaveLength(26);
  });
});

describe('the end', () => {
  test('waits for what was recorded, and takes no more', async () => {
    recorder.record(RUN, 'Normal', 'Started', '');
    await recorder.stop();
    recorder.record(RUN, 'Normal', 'Late', '');
    await recorder.flush();
    expect(sent.map(({ body }) => body['reason'])).toEqual(['Started']);
    expect(outcomes).toEqual(['created', 'dropped']);
  });

  test('cuts a wait short: one last try each', async () => {
    failures = [lost(), lost(), lost()];
    const waiting = Promise.withResolvers<void>();
    const sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
        waiting.resolve();
      });
    start({ sleep });
    recorder.record(RUN, 'Normal', 'Started', '');
    recorder.record(RUN, 'Normal', 'Running', '');
    await waiting.promise;
    await recorder.stop();
    expect(sent.map(({ body }) => body['reason'])).toEqual(['Started', 'Started', 'Running']);
    expect(outcomes).toEqual(['failed', 'failed']);
  });
});
