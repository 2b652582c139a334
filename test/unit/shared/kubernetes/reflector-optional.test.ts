import { afterEach, expect, test } from '@jest/globals';

import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { Reflector } from '../../../../shared/kubernetes/reflector.ts';
import { CUSTOM_RUNS } from '../../../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../../../shared/kubernetes/types.ts';
import { createLogger } from '../../../../shared/runtime/log.ts';
import { json, lines, startFakeServer } from './fake-server.ts';
import type { Answer, FakeServer } from './fake-server.ts';

const object = (name: string, version: number): KubeObject => ({
  metadata: { name, namespace: 'ci', uid: name, resourceVersion: String(version) },
});
const list: Answer = json({ metadata: { resourceVersion: '1' }, items: [object('a', 1)] });
const noStreams: Answer = json({ reason: 'Invalid', message: 'sendInitialEvents is forbidden' }, 422);
const absent: Answer = json({ kind: 'Status', code: 404, reason: 'NotFound', message: 'not found' }, 404);
const forbidden: Answer = json({ kind: 'Status', code: 403, reason: 'Forbidden', message: 'no right' }, 403);

let server: FakeServer;
let client: KubeClient;
let stop: AbortController;
let ended: Promise<void>;
let logged: string[];
let pauses: number[];
let failures: number;

/** A reflector of a kind that need not be there; `arrived` resolves when its handlers have got `count` objects. */
async function run(
  answers: Answer[],
): Promise<{ reflector: Reflector<KubeObject>; arrived: (count: number) => Promise<void> }> {
  server = await startFakeServer(...answers);
  client = createKubeClient(server.config);
  stop = new AbortController();
  [logged, pauses, failures] = [[], [], 0];
  const reflector = new Reflector<KubeObject>({
    ...{ client, resource: CUSTOM_RUNS, optional: true, random: () => 0.5 },
    log: createLogger({ format: 'text', write: (line) => void logged.push(line) }),
    sleep: async (ms) => void pauses.push(ms),
    observer: {
      listed: () => undefined,
      watched: () => undefined,
      event: () => undefined,
      failed: () => void (failures += 1),
    },
  });
  let seen = 0;
  let wake: () => void = () => undefined;
  reflector.addHandler({
    added: () => {
      seen += 1;
      wake();
    },
    updated: () => undefined,
    deleted: () => undefined,
  });
  ended = reflector.run(stop.signal);
  const arrived = (count: number): Promise<void> =>
    new Promise((resolve) => {
      wake = () => seen >= count && resolve();
      wake();
    });
  return { reflector, arrived };
}

afterEach(async () => {
  stop.abort();
  await ended;
  client.close();
  await server.close();
});

test.each([
  ['is not served', absent, 0],
  ['may not be read', forbidden, 1],
])(
  'a kind that %s holds nothing up, is asked for once a minute without a word, and found when it is there',
  async (_what, answer, warnings) => {
    const { reflector, arrived } = await run([answer, answer, answer, noStreams, list, lines([])]);
    await reflector.synced;
    await arrived(1);
    expect(pauses).toEqual([60_000, 60_000, 60_000]);
    expect(logged).toHaveLength(warnings);
    expect(failures).toBe(0);
  },
);

test('what is known is kept while a server that starts does not know the kind yet', async () => {
  const { reflector, arrived } = await run([
    noStreams,
    list,
    absent,
    lines([{ type: 'ADDED', object: object('b', 2) }]),
  ]);
  await arrived(2);
  expect(reflector.store.keys()).toEqual(['ci/a', 'ci/b']);
});

test('a kind that was there is asked for soon when a server that starts refuses it, and once a minute if that lasts', async () => {
  const refusals = Array.from({ length: 8 }, () => forbidden);
  const { arrived } = await run([noStreams, list, ...refusals, lines([{ type: 'ADDED', object: object('b', 2) }])]);
  await arrived(2);
  expect(pauses.slice(0, 8)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
  expect(logged).toHaveLength(1);
});
