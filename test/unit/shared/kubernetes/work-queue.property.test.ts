import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

import { FairQueue } from '../../../../shared/kubernetes/fair-queue.ts';
import { WorkQueue } from '../../../../shared/kubernetes/work-queue.ts';
import { fc } from '../../../support/property.ts';

/** What can happen to a queue, in any order. `get` is a worker that asks; `done` is a worker that finishes its oldest key. */
type Action =
  | { kind: 'add' | 'addRateLimited' | 'forget'; key: string }
  | { kind: 'addAfter'; key: string; delayMs: number }
  | { kind: 'pass'; ms: number }
  | { kind: 'get' | 'done' };

const key = fc.constantFrom('ci/a', 'ci/b', 'ci/c', 'prod/a', 'prod/b', 'node');
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constantFrom('add' as const, 'addRateLimited' as const, 'forget' as const), key }),
  fc.record({ kind: fc.constant('addAfter' as const), key, delayMs: fc.integer({ min: -10, max: 2000 }) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3000 }) }),
  fc.record({ kind: fc.constantFrom('get' as const, 'done' as const) }),
  fc.record({ kind: fc.constantFrom('get' as const, 'done' as const) }),
);

interface World {
  queue: WorkQueue;
  /** Keys that were added and not handed out since. */
  wanted: Set<string>;
  /** Keys that come without being added again: by delay or back-off. */
  delayed: Set<string>;
  inWork: string[];
  waiters: number;
}

/** Called for each key a worker gets: it must be wanted, and nobody else may work on it. */
function handedOut(world: World, got: string): void {
  expect(world.inWork).not.toContain(got);
  expect(world.wanted.has(got) || world.delayed.has(got)).toBe(true);
  world.wanted.delete(got);
  world.inWork.push(got);
}

async function act(world: World, next: Action): Promise<void> {
  const { queue } = world;
  if (next.kind === 'add') {
    queue.add(next.key);
    world.wanted.add(next.key);
  } else if (next.kind === 'addAfter') {
    queue.addAfter(next.key, next.delayMs);
    world.delayed.add(next.key);
  } else if (next.kind === 'addRateLimited') {
    queue.addRateLimited(next.key);
    world.delayed.add(next.key);
  } else if (next.kind === 'forget') queue.forget(next.key);
  else if (next.kind === 'pass') jest.advanceTimersByTime(next.ms);
  else if (next.kind === 'get') {
    world.waiters += 1;
    void queue.get().then((got) => {
      world.waiters -= 1;
      if (got !== undefined) handedOut(world, got);
    });
  } else {
    const finished = world.inWork.shift();
    if (finished !== undefined) queue.done(finished);
  }
  await settle();
}

/** Lets the promises that are due run; timers stand still. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}

/** Workers take whatever is left until nothing is. */
async function workOff(world: World): Promise<void> {
  jest.advanceTimersByTime(10_000_000);
  for (let round = 0; round < 500; round++) {
    await act(world, { kind: 'done' });
    if (world.waiters === 0) await act(world, { kind: 'get' });
    if (world.inWork.length === 0 && world.queue.length === 0) return;
  }
  throw new Error('the queue does not get empty');
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('keys added, delayed, taken and finished in any order', () => {
  test('a key never has two workers, each processed key was added, and no added key is lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
        const world: World = {
          queue: new WorkQueue(),
          wanted: new Set(),
          delayed: new Set(),
          inWork: [],
          waiters: 0,
        };
        for (const next of actions) await act(world, next);
        await workOff(world);
        expect([...world.wanted]).toEqual([]);
        expect(world.queue.inWork).toEqual({ count: 0, oldestMs: undefined });
      }),
      { numRuns: 300 },
    );
  });

  test('draining ends after all that waits, shutting down after all that is in work', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.boolean(), async (actions, drain) => {
        const world: World = {
          queue: new WorkQueue(),
          wanted: new Set(),
          delayed: new Set(),
          inWork: [],
          waiters: 0,
        };
        for (const next of actions) await act(world, next);
        let ended = false;
        void (drain ? world.queue.drain() : world.queue.shutDown()).then(() => (ended = true));
        await settle();
        if (!drain) world.wanted.clear();
        expect(ended).toBe(world.inWork.length === 0 && world.queue.length === 0);
        await workOff(world);
        await act(world, { kind: 'get' });
        expect(ended).toBe(true);
        expect([...world.wanted]).toEqual([]);
        expect(world.waiters).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('the reports to an observer are consistent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 80 }), async (actions) => {
        const told = { added: 0, started: 0, done: 0, retried: 0 };
        const observer = {
          added: () => void told.added++,
          started: (waitedMs: number) => {
            told.started++;
            expect(waitedMs).toBeGreaterThanOrEqual(0);
          },
          done: () => void told.done++,
          retried: () => void told.retried++,
        };
        const queue = new WorkQueue({ observer });
        const world: World = { queue, wanted: new Set(), delayed: new Set(), inWork: [], waiters: 0 };
        for (const next of actions) await act(world, next);
        expect(told.added - told.started).toBe(queue.length);
        expect(told.started - told.done).toBe(queue.inWork.count);
        expect(told.retried).toBe(actions.filter(({ kind }) => kind === 'addRateLimited').length);
      }),
      { numRuns: 200 },
    );
  });
});

describe('fairness', () => {
  test('keys of one namespace keep their order, and no namespace gets a second turn while another waits', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(1000)), { maxLength: 100 }), (pairs) => {
        const queue = new FairQueue();
        const keys = pairs.map(([namespace, number], index) => `${namespace}/${number}-${index}`);
        for (const each of keys) queue.push(each);
        const out = keys.map(() => queue.shift() ?? '');
        expect(queue.shift()).toBeUndefined();
        for (const namespace of ['a', 'b', 'c']) {
          const own = (all: string[]): string[] => all.filter((each) => each.startsWith(`${namespace}/`));
          expect(own(out)).toEqual(own(keys));
        }
        const turns = out.map((each) => each[0]);
        turns.forEach((turn, index) => {
          const again = turns.indexOf(turn, index + 1);
          const between = turns.slice(index + 1, again < 0 ? index + 1 : again);
          const waiting = new Set(again < 0 ? [] : turns.slice(again));
          waiting.delete(turn);
          expect([...waiting].every((other) => between.includes(other))).toBe(true);
        });
      }),
    );
  });

  test('one run of a quiet namespace is next but one behind ten thousand of a busy one', async () => {
    const queue = new WorkQueue();
    for (let index = 0; index < 10_000; index++) queue.add(`busy/${index}`);
    queue.add('quiet/only');
    expect([await queue.get(), await queue.get()]).toEqual(['busy/0', 'quiet/only']);
  });
});
