import { describe, expect, test } from '@jest/globals';

import { ApiError, ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import { fencedClient, NotLeaderError } from '../../../../shared/kubernetes/fenced-client.ts';
import { LeaderElector } from '../../../../shared/kubernetes/leader-election.ts';
import type { LeaderElectionOptions } from '../../../../shared/kubernetes/leader-election.ts';
import { microTime } from '../../../../shared/kubernetes/lease.ts';
import type { Lease, LeaseLock, LeaseSpec } from '../../../../shared/kubernetes/lease.ts';
import { createLogger, silentLogger } from '../../../../shared/runtime/log.ts';

/** A Lease and the time, which passes only when somebody waits for it. */
class World {
  lease: Lease | undefined;
  nowMs = 1_000_000;
  /** Milliseconds that the wall clock is ahead. */
  setForwardMs = 0;
  down = false;
  /** Writes are done and their answers get lost: who waits for one waits until it breaks off. */
  answersGetLost = false;
  writes: LeaseSpec[] = [];
  #version = 0;
  #sleepers: { dueMs: number; wake: () => void }[] = [];

  readonly lock: LeaseLock = {
    read: async () => {
      this.#maybeFail();
      return structuredClone(this.lease);
    },
    write: async (last, spec, signal) => {
      this.#maybeFail();
      if (last?.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) return undefined;
      const written = this.put(spec);
      if (!this.answersGetLost) return written;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    },
  };

  #maybeFail(): void {
    if (this.down) throw new ConnectionError('PUT lease', new Error('refused'));
  }

  put(spec: LeaseSpec): Lease {
    this.writes.push(spec);
    this.lease = { metadata: { name: 'lead', resourceVersion: String(++this.#version) }, spec };
    return structuredClone(this.lease);
  }

  elector(identity: string, options: Partial<LeaderElectionOptions> = {}): LeaderElector {
    return new LeaderElector({
      ...{ lock: this.lock, identity, log: silentLogger, random: () => 0 },
      clock: { monotonicMs: () => this.nowMs, wall: () => new Date(this.nowMs + this.setForwardMs) },
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) resolve();
          this.#sleepers.push({ dueMs: this.nowMs + ms, wake: resolve });
          signal.addEventListener('abort', () => resolve(), { once: true });
        }),
      ...options,
    });
  }

  /** Lets `ms` pass, second by second; who waits for a moment of it goes on. */
  async pass(ms: number): Promise<void> {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs = Math.min(end, this.nowMs + 1000);
      await this.wakeDue();
    }
  }

  /** Like a process that is stopped and continued: the time is over before anybody could act in it. */
  async suspend(ms: number): Promise<void> {
    this.nowMs += ms;
    await this.wakeDue();
  }

  async wakeDue(): Promise<void> {
    for (const due of this.#sleepers.filter(({ dueMs }) => dueMs <= this.nowMs)) {
      this.#sleepers = this.#sleepers.filter((each) => each !== due);
      due.wake();
    }
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
}

const never = new AbortController().signal;

describe('a candidate', () => {
  test('makes the lease where there is none, and renews it', async () => {
    const world = new World();
    const elector = world.elector('a');
    expect(elector.isLeader()).toBe(false);
    expect(await elector.acquire(never)).toBe(true);
    expect(world.lease?.spec).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
    });
    await world.pass(60_000);
    expect(elector.isLeader()).toBe(true);
    expect(world.writes.length).toBeGreaterThan(25);
    expect(new Set(world.writes.map(({ acquireTime }) => acquireTime)).size).toBe(1);
  });

  test('waits while another renews, and takes over when our own clock has seen no renewal for the lease’s duration', async () => {
    const world = new World();
    // The times in the record are worth nothing: this one says that it ran out long ago.
    world.put({
      holderIdentity: 'old',
      leaseDurationSeconds: 15,
      renewTime: '1999-01-01T00:00:00.000000Z',
      leaseTransitions: 3,
    });
    const elector = world.elector('b');
    let leads = false;
    void elector.acquire(never).then(() => (leads = true));
    await world.pass(10_000);
    world.put({ ...world.lease?.spec, renewTime: '1999-01-01T00:00:01.000000Z' });
    await world.pass(14_000);
    expect(leads).toBe(false);
    await world.pass(5_000);
    expect(leads).toBe(true);
    expect(world.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 4 });
  });

  test('takes over when the lease expires, whatever its retry period', async () => {
    const world = new World();
    world.put({ holderIdentity: 'old', leaseDurationSeconds: 15 });
    const elector = world.elector('b', { retryPeriodMs: 4_000 });
    void elector.acquire(never);
    await world.wakeDue();
    await world.pass(14_000);
    expect(elector.isLeader()).toBe(false);
    await world.pass(1_000);
    expect(elector.isLeader()).toBe(true);
  });

  test('does not ask without a pause for a lease that has run out and can’t be taken', async () => {
    const world = new World();
    let asked = 0;
    const lock: LeaseLock = {
      read: async () => ({
        metadata: { resourceVersion: '1' },
        spec: { holderIdentity: 'old', leaseDurationSeconds: 1 },
      }),
      write: async () => void (asked += 1),
    };
    void world.elector('b', { lock }).acquire(never);
    await world.pass(61_000);
    expect(asked).toBe(30);
  });

  test('is not misled by a wall clock that is set forward', async () => {
    const world = new World();
    world.put({ holderIdentity: 'old', leaseDurationSeconds: 15 });
    let leads = false;
    void world
      .elector('b')
      .acquire(never)
      .then(() => (leads = true));
    await world.pass(4_000);
    world.setForwardMs = 3_600_000;
    await world.pass(4_000);
    expect(leads).toBe(false);
  });

  test('takes a released lease at its next attempt', async () => {
    const world = new World();
    const first = world.elector('a');
    await first.acquire(never);
    let leads = false;
    const second = world.elector('b');
    void second.acquire(never).then(() => (leads = true));
    await world.pass(4_000);
    expect(leads).toBe(false);
    await first.release();
    expect(first.isLeader()).toBe(false);
    await world.pass(3_000);
    expect(leads).toBe(true);
    expect(first.lost.aborted).toBe(false);
  });

  test('goes on trying while the API server is down', async () => {
    const world = new World();
    world.down = true;
    let leads = false;
    void world
      .elector('a')
      .acquire(never)
      .then(() => (leads = true));
    await world.pass(60_000);
    world.down = false;
    await world.pass(3_000);
    expect(leads).toBe(true);
  });

  test('stops waiting when the signal aborts', async () => {
    const world = new World();
    world.put({ holderIdentity: 'other', leaseDurationSeconds: 15 });
    const stop = new AbortController();
    const acquired = world.elector('a').acquire(stop.signal);
    stop.abort();
    expect(await acquired).toBe(false);
  });

  test('that stops during its first write releases the lease that it may have', async () => {
    const world = new World();
    world.answersGetLost = true;
    const stop = new AbortController();
    const elector = world.elector('a');
    const acquired = elector.acquire(stop.signal);
    await world.wakeDue();
    stop.abort();
    expect(await acquired).toBe(false);
    expect(world.lease?.spec?.holderIdentity).toBe('a');
    world.answersGetLost = false;
    await elector.release();
    expect(world.lease?.spec?.holderIdentity).toBe('');
  });

  test('of several that try at once one leads', async () => {
    const world = new World();
    const electors = ['a', 'b', 'c'].map((identity) => world.elector(identity));
    for (const elector of electors) void elector.acquire(never);
    await world.pass(30_000);
    expect(electors.filter((elector) => elector.isLeader())).toHaveLength(1);
  });
});

describe('a leader', () => {
  test('that can’t renew gives up before others may take over', async () => {
    const world = new World();
    const elector = world.elector('a');
    await elector.acquire(never);
    world.down = true;
    await world.pass(8_000);
    expect(elector.lost.aborted).toBe(false);
    await world.pass(3_000);
    expect(elector.isLeader()).toBe(false);
    await world.pass(2_000);
    expect(elector.lost.aborted).toBe(true);
    expect(String(elector.lost.reason)).toContain('not renewed for 10000 ms');
  });

  test('survives an API server that is away for less than that', async () => {
    const world = new World();
    const elector = world.elector('a');
    await elector.acquire(never);
    world.down = true;
    await world.pass(7_000);
    world.down = false;
    await world.pass(20_000);
    expect(elector.isLeader()).toBe(true);
  });

  test('that was stopped for a minute does not lead from its first moment, although no other took over', async () => {
    const world = new World();
    const elector = world.elector('a');
    await elector.acquire(never);
    world.nowMs += 60_000;
    expect(elector.isLeader()).toBe(false);
    await world.wakeDue();
    expect(elector.lost.aborted).toBe(true);
  });

  test('whose machine was suspended learns it from the wall clock', async () => {
    const world = new World();
    const elector = world.elector('a');
    await elector.acquire(never);
    world.setForwardMs = 60_000;
    expect(elector.isLeader()).toBe(false);
  });

  test('whose lease another process has got has lost', async () => {
    const world = new World();
    const elector = world.elector('a');
    await elector.acquire(never);
    world.put({ holderIdentity: 'b', leaseDurationSeconds: 15 });
    await world.pass(3_000);
    expect(String(elector.lost.reason)).toContain('b holds the lease');
  });

  test('goes on when another client changed or deleted the Lease', async () => {
    const world = new World();
    const elector = world.elector('a');
    await elector.acquire(never);
    world.put({ ...world.lease?.spec });
    await world.pass(6_000);
    world.lease = undefined;
    await world.pass(6_000);
    expect(elector.isLeader()).toBe(true);
    expect(world.lease).toMatchObject({ spec: { holderIdentity: 'a' } });
  });

  test('renews while its work is ended, and no more after the release', async () => {
    const world = new World();
    const stop = new AbortController();
    const elector = world.elector('a');
    await elector.acquire(stop.signal);
    stop.abort();
    await world.pass(30_000);
    expect(elector.isLeader()).toBe(true);
    await elector.release();
    const { length } = world.writes;
    await world.pass(30_000);
    expect(world.writes).toHaveLength(length);
    expect(world.lease?.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
  });

  test('releases the lease although the response to its last renewal never came', async () => {
    const world = new World();
    const elector = world.elector('a');
    await elector.acquire(never);
    world.answersGetLost = true;
    await world.pass(2_000);
    expect(world.writes).toHaveLength(2);
    world.answersGetLost = false;
    await elector.release();
    expect(world.lease?.spec).toMatchObject({ holderIdentity: '', leaseTransitions: 0 });
    expect(elector.isLeader()).toBe(false);
  });

  test('releases the lease although its last renewal was executed meanwhile', async () => {
    const world = new World();
    const read = async (signal: AbortSignal): Promise<Lease | undefined> => {
      const lease = await world.lock.read(signal);
      if (lease && world.writes.length === 1) world.put({ ...lease.spec });
      return lease;
    };
    const elector = world.elector('a', { lock: { ...world.lock, read } });
    await elector.acquire(never);
    await elector.release();
    expect(world.writes).toHaveLength(3);
    expect(world.lease?.spec?.holderIdentity).toBe('');
  });

  test('does not change a lease that another process has meanwhile', async () => {
    const world = new World();
    const elector = world.elector('a');
    await elector.acquire(never);
    world.put({ holderIdentity: 'b', leaseDurationSeconds: 15 });
    await elector.release();
    expect(world.lease?.spec?.holderIdentity).toBe('b');
  });

  test.each([
    ['the API server is down', (world: World) => void (world.down = true), 'refused'],
    [
      'somebody else writes it all the time',
      ({ lock }: World) => void (lock.write = async () => undefined),
      'conflict at each of 3 attempts',
    ],
  ])('logs that releasing the lease failed when %s', async (_what, happen, why) => {
    const world = new World();
    let logged = '';
    const elector = world.elector('a', { log: createLogger({ write: (line) => (logged += line) }) });
    await elector.acquire(never);
    happen(world);
    await elector.release();
    expect(logged).toContain('releasing the lease failed: it expires by itself');
    expect(logged).toContain(why);
  });

  test('reports to its observer', async () => {
    const world = new World();
    const told: boolean[] = [];
    const elector = world.elector('a', { observer: { leading: (isLeader) => void told.push(isLeader) } });
    await elector.acquire(never);
    await world.suspend(60_000);
    expect(told).toEqual([false, true, false]);
  });
});

test('times that make no sense together are refused', () => {
  const world = new World();
  expect(() => world.elector('a', { leaseDurationMs: 5_000 })).toThrow('must last longer than the renew deadline');
  expect(() => world.elector('a', { retryPeriodMs: 9_000 })).toThrow('retry periods');
});

test('a MicroTime has six decimals', () => {
  expect(microTime(new Date(1))).toBe('1970-01-01T00:00:00.001000Z');
});

test('a fenced client sends writes of the leader only, and reads always', async () => {
  let leads = true;
  const sent: string[] = [];
  const request = async <T>(method: string, path: string): Promise<T> => {
    sent.push(`${method} ${path}`);
    return {} as T;
  };
  const stream = async (): Promise<AsyncIterable<string>> => {
    throw new ApiError('GET', 500, {});
  };
  const client = fencedClient({ request, stream, server: 'https://fake', close: () => undefined }, () => leads);
  await client.request('POST', '/a');
  leads = false;
  await expect(client.request('PATCH', '/b')).rejects.toThrow(NotLeaderError);
  await client.request('GET', '/c');
  expect(sent).toEqual(['POST /a', 'GET /c']);
});
