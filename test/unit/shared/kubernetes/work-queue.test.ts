import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';

import { WorkQueue } from '../../../../shared/kubernetes/work-queue.ts';

let queue: WorkQueue;
beforeEach(() => {
  queue = new WorkQueue();
});

describe('a key', () => {
  test('is returned once, although it was added several times', async () => {
    queue.add('a');
    queue.add('a');
    queue.add('b');
    expect([await queue.get(), await queue.get()]).toEqual(['a', 'b']);
    expect(queue.length).toBe(0);
  });

  test('added during its processing is returned afterwards, not before', async () => {
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(queue.length).toBe(1);
    expect(await queue.get()).toBe('a');
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  test('goes to a worker that waits already', async () => {
    const first = queue.get();
    const second = queue.get();
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).toEqual(['a', 'b']);
  });
});

describe('later', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('the earliest of several delays counts', () => {
    queue.addAfter('a', 1000);
    queue.addAfter('a', 100);
    queue.addAfter('a', 500);
    jest.advanceTimersByTime(99);
    expect(queue.length).toBe(0);
    jest.advanceTimersByTime(1);
    expect(queue.length).toBe(1);
    jest.advanceTimersByTime(10_000);
    expect(queue.length).toBe(1);
  });

  test('a cancelled delayed key does not come; a queued key stays', () => {
    queue.addAfter('a', 1000);
    queue.cancelDelayed('a');
    queue.cancelDelayed('never added');
    queue.add('b');
    queue.cancelDelayed('b');
    jest.advanceTimersByTime(10_000);
    expect(queue.length).toBe(1);
  });

  test('without a delay it is at once', () => {
    queue.addAfter('a', 0);
    queue.addAfter('b', -5);
    expect(queue.length).toBe(2);
  });

  test('failures double the delay until the key is forgotten', () => {
    const delays = [5, 10, 20, 40].map((delayMs) => {
      queue.addRateLimited('a');
      jest.advanceTimersByTime(delayMs - 1);
      const early = queue.length;
      jest.advanceTimersByTime(1);
      void queue.get();
      queue.done('a');
      return early;
    });
    expect(delays).toEqual([0, 0, 0, 0]);
    expect(queue.failures('a')).toBe(4);
    queue.forget('a');
    queue.addRateLimited('a');
    jest.advanceTimersByTime(5);
    expect(queue.length).toBe(1);
  });

  test('a delay longer than the longest timer does not end at once', () => {
    queue.addAfter('a', 2 ** 40);
    jest.advanceTimersByTime(1000);
    expect(queue.length).toBe(0);
  });
});

describe('shutting down', () => {
  test('wakes the workers that wait, and drops what is queued', async () => {
    const waiting = queue.get();
    await queue.shutDown();
    expect(await waiting).toBeUndefined();
    queue.add('a');
    expect(await queue.get()).toBeUndefined();
  });

  test('waits for what is processed', async () => {
    queue.add('a');
    await queue.get();
    let down = false;
    const shutDown = queue.shutDown().then(() => (down = true));
    await Promise.resolve();
    expect(down).toBe(false);
    queue.done('a');
    await shutDown;
    expect(down).toBe(true);
  });
});

describe('draining', () => {
  test('hands out what waits, takes nothing new, and ends with the last of it', async () => {
    queue.add('a');
    queue.add('b');
    let drained = false;
    const drain = queue.drain().then(() => (drained = true));
    queue.add('c');
    expect([await queue.get(), await queue.get()]).toEqual(['a', 'b']);
    queue.done('a');
    await Promise.resolve();
    expect(drained).toBe(false);
    queue.done('b');
    await drain;
    expect(await queue.get()).toBeUndefined();
  });

  test('a key that was added while it was processed is handed out once more', async () => {
    queue.add('a');
    await queue.get();
    queue.add('a');
    const drain = queue.drain();
    queue.done('a');
    expect(await queue.get()).toBe('a');
    queue.done('a');
    await drain;
  });
});

test('finishing what was not handed out is an error', () => {
  expect(() => queue.done('a')).toThrow('did not hand out a');
});
