import { afterEach, describe, expect, jest, test } from '@jest/globals';

import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { Reflector } from '../../../../shared/kubernetes/reflector.ts';
import type { ReflectorOptions } from '../../../../shared/kubernetes/reflector.ts';
import { PODS } from '../../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { json, lines, startFakeServer } from './fake-server.ts';
import type { Answer, FakeServer } from './fake-server.ts';

const pod = (name: string, version: number, uid = `uid-of-${name}`): KubeObject => ({
  metadata: { name, namespace: 'ci', uid, resourceVersion: String(version) },
});
const list = (version: number, items: KubeObject[], more?: string): Answer =>
  json({ metadata: { resourceVersion: String(version), ...(more ? { continue: more } : {}) }, items });
const event = (type: string, object: KubeObject): object => ({ type, object });
const status = (code: number): object => ({
  type: 'ERROR',
  object: { kind: 'Status', code, reason: 'Expired', message: 'old' },
});

let server: FakeServer;
let client: KubeClient;
let stop: AbortController;
let ended: Promise<void>;
let seen: string[];
let awaited: { count: number; resolve: () => void } | undefined;

/** A server that does not stream lists: its first answer says so. */
const run = (answers: Answer[], options: Partial<ReflectorOptions<KubeObject>> = {}): Promise<Reflector<KubeObject>> =>
  runStreaming([json({ reason: 'Invalid', message: 'sendInitialEvents is forbidden' }, 422), ...answers], options);

async function runStreaming(
  answers: Answer[],
  options: Partial<ReflectorOptions<KubeObject>> = {},
): Promise<Reflector<KubeObject>> {
  server = await startFakeServer(...answers);
  client = createKubeClient(server.config);
  stop = new AbortController();
  seen = [];
  const reflector = new Reflector<KubeObject>({
    ...{ client, resource: PODS, namespace: 'ci', log: silentLogger, random: () => 0 },
    ...options,
  });
  const note = (text: string): void => {
    seen.push(text);
    if (awaited && seen.length >= awaited.count) awaited.resolve();
  };
  reflector.addHandler({
    added: ({ metadata }) => note(`added ${metadata.name}@${metadata.resourceVersion}`),
    updated: ({ metadata }, before) =>
      note(`updated ${metadata.name}@${metadata.resourceVersion} from ${before.metadata.resourceVersion}`),
    deleted: ({ metadata }) => note(`deleted ${metadata.name}@${metadata.resourceVersion}`),
  });
  ended = reflector.run(stop.signal);
  return reflector;
}

/** Resolves when the handler was called `count` times. */
function calls(count: number): Promise<void> {
  return new Promise((resolve) => {
    awaited = { count, resolve };
    if (seen.length >= count) resolve();
  });
}

afterEach(async () => {
  awaited = undefined;
  stop.abort();
  await ended;
  client.close();
  await server.close();
});

describe('the store', () => {
  test('has all pages of the list, and watches from its version', async () => {
    const reflector = await run([
      list(10, [pod('a', 1)], 'next'),
      list(10, [pod('b', 2)]),
      lines([event('ADDED', pod('c', 11)), event('MODIFIED', pod('a', 12)), event('DELETED', pod('b', 13))]),
    ]);
    await reflector.synced;
    await calls(5);
    expect(seen).toEqual(['added a@1', 'added b@2', 'added c@11', 'updated a@12 from 1', 'deleted b@13']);
    expect(reflector.store.keys().sort()).toEqual(['ci/a', 'ci/c']);
    expect(server.requests[2]).toContain('continue=next');
    expect(server.requests[3]).toContain('resourceVersion=10');
  });

  test('has kind and version on every object, and what the transform leaves of it', async () => {
    const transform = (object: KubeObject): KubeObject => ({
      ...object,
      metadata: { ...object.metadata, labels: { seen: 'yes' } },
    });
    const reflector = await run([list(1, [pod('a', 1)]), lines([])], { transform });
    await reflector.synced;
    expect(reflector.store.get('ci/a')).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { labels: { seen: 'yes' } },
    });
  });
});

test('what the transform leaves nothing of is not stored, nor handed on', async () => {
  const transform = (object: KubeObject): KubeObject | undefined =>
    object.metadata.name === 'noise' ? undefined : object;
  const noise = pod('noise', 3);
  const reflector = await run(
    [list(1, [noise, pod('a', 1)]), lines([event('MODIFIED', noise), event('DELETED', noise), event('ADDED', pod('b', 4))])], // prettier-ignore
    { transform },
  );
  await calls(2);
  expect(seen).toEqual(['added a@1', 'added b@4']);
  expect(reflector.store.keys()).toEqual(['ci/a', 'ci/b']);
});

test('an object at which the transform fails is left out, and stops neither the list nor the watch', async () => {
  const transform = (object: KubeObject): KubeObject => {
    if (object.metadata.name === 'odd') throw new TypeError('params.filter is not a function');
    return object;
  };
  const reflector = await run(
    [list(1, [pod('odd', 1), pod('a', 1)]), lines([event('MODIFIED', pod('odd', 2)), event('DELETED', pod('odd', 3)), event('ADDED', pod('b', 4))])], // prettier-ignore
    { transform },
  );
  await calls(2);
  expect(reflector.store.keys()).toEqual(['ci/a', 'ci/b']);
});

describe('a server that streams lists', () => {
  const initialEnd = (version: number): object =>
    event('BOOKMARK', {
      metadata: { resourceVersion: String(version), annotations: { 'k8s.io/initial-events-end': 'true' } },
    });

  test('is asked for one watch that begins with the list, which is handed on as a whole', async () => {
    const before = lines([event('ADDED', pod('a', 1)), event('ADDED', pod('b', 2))]);
    const gone = [event('ADDED', pod('b', 2)), event('DELETED', pod('b', 5))];
    const reflector = await runStreaming([
      before,
      lines([
        event('ADDED', pod('a', 1)),
        ...gone,
        event('ADDED', pod('c', 4)),
        initialEnd(9),
        event('MODIFIED', pod('a', 10)),
      ]),
    ]);
    await server.received(1);
    // The first watch never says where the list ends: nothing of it may be taken for the whole.
    expect(reflector.store.keys()).toEqual([]);
    server.dropConnections();
    await reflector.synced;
    await calls(3);
    expect(seen).toEqual(['added a@1', 'added c@4', 'updated a@10 from 1']);
    expect(server.requests[0]).toMatch(/watch=true.*sendInitialEvents=true&resourceVersionMatch=NotOlderThan/);
  });

  test('goes on from the bookmark that ended the list', async () => {
    await runStreaming([lines([initialEnd(9)], true), lines([event('ADDED', pod('a', 11))])]);
    await calls(1);
    expect(server.requests[1]).toContain('resourceVersion=9');
    expect(server.requests[1]).not.toContain('sendInitialEvents');
  });

  test('after 410 streams the list again: what is gone was deleted', async () => {
    await runStreaming([
      lines([event('ADDED', pod('a', 1)), event('ADDED', pod('b', 2)), initialEnd(9), status(410)], true),
      lines([event('ADDED', pod('b', 2)), event('ADDED', pod('c', 20)), initialEnd(30)]),
    ]);
    await calls(4);
    expect(seen).toEqual(['added a@1', 'added b@2', 'deleted a@1', 'added c@20']);
  });

  /** What each request asked for. */
  const asked = (): string[] =>
    server.requests.map((request) => {
      if (request.includes('sendInitialEvents')) return 'stream';
      return request.includes('watch=') ? 'watch' : 'list';
    });

  test('and ends one before the list is whole is asked for a stream again at the next list', async () => {
    await runStreaming([
      lines([], true),
      list(10, [pod('a', 1)]),
      lines([status(410)], true),
      lines([event('ADDED', pod('b', 20)), initialEnd(30)]),
    ]);
    await calls(3);
    expect(seen).toEqual(['added a@1', 'deleted a@1', 'added b@20']);
    expect(asked()).toEqual(['stream', 'list', 'watch', 'stream']);
  });

  test('and ends each before the list is whole, forgetting each version too, is asked with growing pauses', async () => {
    const pauses: number[] = [];
    const enough = Promise.withResolvers<void>();
    const sleep = async (ms: number): Promise<void> => {
      if (pauses.push(ms) === 3) enough.resolve();
    };
    const round = [lines([], true), list(1, []), lines([status(410)], true)];
    await runStreaming([round, round, round, round, round].flat(), { sleep, random: () => 0.5 });
    await enough.promise;
    expect(pauses.slice(0, 3)).toEqual([500, 1000, 2000]);
  });

  test('but twice in a row does not end them gets no more such requests', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    try {
      let came = Promise.withResolvers<void>();
      const observer = {
        event: () => came.resolve(),
        ...{ listed: () => undefined, watched: () => undefined, failed: () => undefined },
      };
      const endless = lines([event('ADDED', pod('a', 1))]);
      const forgotten = lines([status(410)], true);
      await runStreaming(
        [endless, list(10, []), forgotten, endless, list(11, []), forgotten, list(12, [pod('b', 12)]), lines([])],
        { observer, sleep: async () => undefined },
      );
      for (const _ of [1, 2]) {
        await came.promise;
        came = Promise.withResolvers();
        jest.advanceTimersByTime(30_000);
      }
      await calls(1);
      await server.received(8);
      expect(seen).toEqual(['added b@12']);
      expect(asked()).toEqual(['stream', 'list', 'watch', 'stream', 'list', 'watch', 'list', 'watch']);
    } finally {
      jest.useRealTimers();
    }
  });

  test.each([
    ['ends the watch before the list is whole', lines([event('ADDED', pod('a', 1))], true)],
    ['refuses with 400', json({ reason: 'BadRequest' }, 400)],
  ])('a server that %s gets paged lists', async (_what, answer: Answer) => {
    const reflector = await runStreaming([answer, list(10, [pod('b', 2)]), lines([])]);
    await reflector.synced;
    expect(reflector.store.keys()).toEqual(['ci/b']);
    expect(server.requests[1]).toContain('limit=500');
  });
});

test('a list whose pages expire is read at once the next time', async () => {
  const reflector = await run([
    list(10, [pod('a', 1)], 'next'),
    json({ reason: 'Expired' }, 410),
    list(20, [pod('a', 1), pod('b', 2)]),
    lines([]),
  ]);
  await reflector.synced;
  expect(reflector.store.keys()).toEqual(['ci/a', 'ci/b']);
  expect(server.requests[3]).not.toContain('limit=');
});

test('a watch that brings nothing, not even a bookmark, is opened again where it was', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  try {
    const reflector = await run([list(10, []), lines([]), lines([event('ADDED', pod('a', 11))])], {
      sleep: async () => undefined,
    });
    await reflector.synced;
    await server.received(3);
    jest.advanceTimersByTime(239_000);
    expect(server.requests).toHaveLength(3);
    jest.advanceTimersByTime(2_000);
    await calls(1);
    expect(server.requests[3]).toContain('resourceVersion=10');
  } finally {
    jest.useRealTimers();
  }
});

test('an observer gets lists, watches, events and failures', async () => {
  const told: string[] = [];
  await run(
    [list(10, [pod('a', 1)]), lines([event('MODIFIED', pod('a', 11)), status(410)], true), list(12, []), lines([])],
    {
      observer: {
        listed: (items) => void told.push(`listed ${items}`),
        watched: () => void told.push('watched'),
        event: (type) => void told.push(type),
        failed: (kind) => void told.push(`failed ${kind}`),
      },
    },
  );
  await calls(3);
  expect(told).toEqual(['watched', 'listed 1', 'watched', 'MODIFIED', 'failed watch', 'listed 0']);
});

describe('a watch that ends', () => {
  test('goes on from the last version seen, bookmarks included', async () => {
    const bookmark = event('BOOKMARK', { metadata: { resourceVersion: '20' } });
    await run([
      list(10, []),
      lines([event('ADDED', pod('a', 11)), bookmark], true),
      lines([event('ADDED', pod('b', 21))]),
    ]);
    await calls(2);
    expect(server.requests[3]).toContain('resourceVersion=20');
  });

  test('because its version is too old lists again: missing objects are deleted, unchanged ones give no event', async () => {
    const reflector = await run([
      list(10, [pod('a', 1), pod('b', 2), pod('c', 3)]),
      lines([status(410)], true),
      list(30, [pod('b', 2), pod('c', 25)]),
      lines([]),
    ]);
    await calls(5);
    expect(seen.slice(3).sort()).toEqual(['deleted a@1', 'updated c@25 from 3']);
    expect(reflector.store.keys().sort()).toEqual(['ci/b', 'ci/c']);
  });

  test('with an answer of 410 lists again as well', async () => {
    await run([list(10, []), json({ reason: 'Expired' }, 410), list(11, [pod('a', 11)]), lines([])]);
    await calls(1);
    expect(seen).toEqual(['added a@11']);
  });

  test('with an error is tried again from where it was', async () => {
    await run([list(10, []), json({ message: 'starting' }, 500), lines([event('ADDED', pod('a', 11))])]);
    await calls(1);
    expect(server.requests[3]).toContain('resourceVersion=10');
  });
});

test('an object of another UID by the same name is a deletion, then an addition', async () => {
  await run([list(10, [pod('a', 1, 'first')]), lines([event('MODIFIED', pod('a', 11, 'second'))])]);
  await calls(3);
  expect(seen).toEqual(['added a@1', 'deleted a@1', 'added a@11']);
});

test('an API server that is down at first is listed when it is there', async () => {
  const reflector = await run([json({ message: 'etcd is down' }, 500), list(1, [pod('a', 1)]), lines([])]);
  await reflector.synced;
  expect(reflector.store.keys()).toEqual(['ci/a']);
});

test('a handler that throws stops neither the others nor the watch', async () => {
  const reflector = await run([list(1, [pod('a', 1)]), lines([event('ADDED', pod('b', 2))])]);
  reflector.addHandler({
    added: () => {
      throw new Error('broken');
    },
    updated: () => undefined,
    deleted: () => undefined,
  });
  await calls(2);
  expect(seen).toEqual(['added a@1', 'added b@2']);
});

test('an invalid line does not end it', async () => {
  const broken: Answer = (_request, response) => {
    response.writeHead(200);
    response.end('{"type":"ADD\n');
  };
  await run([list(10, []), broken, lines([event('ADDED', pod('a', 11))])]);
  await calls(1);
  expect(seen).toEqual(['added a@11']);
});

test.each([
  ['ends each watch at once', lines([], true)],
  ['has forgotten each version at once', lines([status(410)], false)],
])('a server that %s is asked with growing pauses, of ten seconds at the most', async (_what, watch: Answer) => {
  const pauses: number[] = [];
  const enough = Promise.withResolvers<void>();
  const sleep = async (ms: number): Promise<void> => {
    pauses.push(ms);
    if (pauses.length === 7) enough.resolve();
  };
  const answers = Array.from({ length: 10 }, () => [list(1, []), watch]).flat();
  await run(_what.startsWith('ends') ? [list(1, []), ...Array<Answer>(10).fill(watch)] : answers, {
    sleep,
    random: () => 0.5,
  });
  await enough.promise;
  expect(pauses.slice(0, 7)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});
