import { setTimeout as delay } from 'node:timers/promises';

import type { Logger } from '../runtime/log.ts';
import { microTime } from './lease.ts';
import type { Lease, LeaseLock, LeaseSpec } from './lease.ts';

/** client-go's and kube-controller-manager's defaults. */
export const ELECTION_DEFAULTS_MS = { leaseDuration: 15_000, renewDeadline: 10_000, retryPeriod: 2_000 };
/** client-go's jitter factor: candidates don't all ask at the same time. */
const JITTER = 1.2;
/** Longest time of releasing the lease, and attempts if the record changes meanwhile. */
const RELEASE = { timeoutMs: 5_000, tries: 3 };

export interface ElectionObserver {
  leading(isLeader: boolean): void;
}

/** Two clocks: the monotonic one stops while a machine is suspended, the wall clock may be changed. */
export interface ElectionClock {
  monotonicMs(): number;
  wall(): Date;
}

export interface LeaderElectionOptions {
  lock: LeaseLock;
  /** Unique for each process. A Pod's name is not: it stays when the container restarts. */
  identity: string;
  /** Time without renewal after which others may take over. */
  leaseDurationMs?: number;
  /** Time without renewal after which the leader stops; less than the lease's duration. */
  renewDeadlineMs?: number;
  retryPeriodMs?: number;
  observer?: ElectionObserver;
  log: Logger;
  clock?: ElectionClock;
  random?: () => number;
  /** Waits `ms`, or until `signal` aborts. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const realSleep = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);
const realClock: ElectionClock = { monotonicMs: () => performance.now(), wall: () => new Date() };

interface Moment {
  monotonicMs: number;
  wallMs: number;
}

/**
 * Election by a Lease, with client-go's rules: a candidate may take over when *its own* clock has seen the record unchanged for the lease's duration.
 * The times in the record do not count. A Lease alone stops no writes: a process that was stopped notices the loss only afterwards.
 */
export class LeaderElector {
  /** Aborts when leadership is lost; its reason says why. */
  readonly lost: AbortSignal;
  readonly #options: LeaderElectionOptions;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  readonly #clock: ElectionClock;
  readonly #losing = new AbortController();
  readonly #releasing = new AbortController();
  #keeping: Promise<void> | undefined;
  #seen: { lease: Lease; at: Moment } | undefined;
  #renewed: Moment | undefined;
  /** Whether a write was sent that may have made the lease ours, with or without a response. */
  #mayHold = false;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#leaseDurationMs = options.leaseDurationMs ?? ELECTION_DEFAULTS_MS.leaseDuration;
    this.#renewDeadlineMs = options.renewDeadlineMs ?? ELECTION_DEFAULTS_MS.renewDeadline;
    this.#retryPeriodMs = options.retryPeriodMs ?? ELECTION_DEFAULTS_MS.retryPeriod;
    if (!(this.#leaseDurationMs > this.#renewDeadlineMs && this.#renewDeadlineMs > this.#retryPeriodMs * JITTER))
      throw new RangeError(
        `leader election: the lease (${this.#leaseDurationMs} ms) must last longer than the renew deadline (${this.#renewDeadlineMs} ms), and that longer than ${JITTER} retry periods (${this.#retryPeriodMs} ms each)`,
      );
    this.#clock = options.clock ?? realClock;
    this.lost = this.#losing.signal;
    options.observer?.leading(false);
  }

  /** Whether the lease is ours and was renewed in time, by the clocks: false at once in a process that was stopped for longer. */
  isLeader(): boolean {
    return this.#renewed !== undefined && !this.lost.aborted && this.#since(this.#renewed) < this.#renewDeadlineMs;
  }

  /** Waits until the lease is ours, without a limit. False if `signal` aborts before. Errors of the API server are logged and retried. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    const { identity, log, observer, random = Math.random, sleep = realSleep } = this.#options;
    let holder: string | undefined;
    while (!signal.aborted) {
      if (await this.#tryToHold(signal)) {
        log.info('this process leads', { identity });
        observer?.leading(true);
        this.#keeping = this.#keep(this.#releasing.signal);
        return true;
      }
      const now = this.#seen?.lease.spec?.holderIdentity;
      if (now !== holder && now) log.info('another process leads', { leader: now });
      holder = now;
      // If the lease expires sooner, the next attempt is at that time.
      await sleep(Math.min(this.#retryPeriodMs * (1 + JITTER * random()), this.#untilRunOutMs()), signal);
    }
    return false;
  }

  /** Renews until the lease is released or lost, also during the shutdown of the work that it protects. */
  async #keep(signal: AbortSignal): Promise<void> {
    const { log, observer, sleep = realSleep } = this.#options;
    while (!signal.aborted) {
      await sleep(this.#retryPeriodMs, signal);
      if (signal.aborted) return;
      // Checked before the renewal: a process that slept past its deadline must not take the lease again.
      const inTime = this.isLeader();
      if (inTime && (await this.#tryToHold(signal))) continue;
      const holder = this.#seen?.lease.spec?.holderIdentity;
      const taken = holder !== undefined && holder !== '' && holder !== this.#options.identity;
      if (signal.aborted || (!taken && this.isLeader())) continue;
      const why = taken ? `${holder} holds the lease` : `not renewed for ${this.#renewDeadlineMs} ms`;
      this.#renewed = undefined;
      observer?.leading(false);
      log.error('leadership was lost', { why });
      this.#losing.abort(new Error(`leadership was lost: ${why}`));
      return;
    }
  }

  /**
   * Releases the lease, so that another process can take over at once. Does nothing if it is not ours, or was lost. To be called when all
   * work has ended; `isLeader` is false from here on. Takes at most 5 s. An error is logged; the lease then expires by itself.
   */
  async release(): Promise<void> {
    const { log, observer } = this.#options;
    this.#releasing.abort();
    await this.#keeping;
    if (!this.#mayHold || this.lost.aborted) return;
    this.#mayHold = false;
    this.#renewed = undefined;
    observer?.leading(false);
    const over = new AbortController();
    const reason = new Error(`not done within ${RELEASE.timeoutMs} ms`);
    const timer = setTimeout(() => over.abort(reason), RELEASE.timeoutMs);
    try {
      await this.#giveUp(over.signal);
    } catch (error) {
      log.warn('releasing the lease failed: it expires by itself', { error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads first, because an aborted write may have been executed, or may be executed meanwhile. */
  async #giveUp(signal: AbortSignal): Promise<void> {
    const { lock, identity } = this.#options;
    for (let tries = 0; tries < RELEASE.tries; tries++) {
      const last = await lock.read(signal);
      if (last?.spec?.holderIdentity !== identity) return;
      const now = microTime(this.#clock.wall());
      const free = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
      if (await lock.write(last, { ...last.spec, ...free }, signal)) return;
    }
    throw new Error(`conflict at each of ${RELEASE.tries} attempts`);
  }

  /** One attempt to get or renew the lease. */
  async #tryToHold(signal: AbortSignal): Promise<boolean> {
    const { lock, identity, log } = this.#options;
    const started = this.#now();
    try {
      // The holder updates the record that it wrote last; it reads only if that fails.
      const last = this.#renewed && this.#seen ? this.#seen.lease : await this.#read(signal);
      if (last?.spec?.holderIdentity && last.spec.holderIdentity !== identity && !this.#hasRunOut()) return false;
      this.#mayHold = true;
      const written = await lock.write(last, this.#spec(last?.spec), signal);
      if (!written) {
        await this.#read(signal);
        return false;
      }
      this.#see(written);
      this.#renewed = started;
      return true;
    } catch (error) {
      if (!signal.aborted) log.warn('reading or writing the lease failed, trying again', { error });
      return false;
    }
  }

  async #read(signal: AbortSignal): Promise<Lease | undefined> {
    const lease = await this.#options.lock.read(signal);
    if (lease) this.#see(lease);
    else this.#seen = undefined;
    return lease;
  }

  /** A changed record starts its age now; an unchanged one keeps it. */
  #see(lease: Lease): void {
    const same = this.#seen?.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
    if (!this.#seen || !same) this.#seen = { lease, at: this.#now() };
  }

  #hasRunOut(): boolean {
    return this.#seen === undefined || this.#remainingMs(this.#seen) <= 0;
  }

  /** Milliseconds until another process' lease expires; infinite if there is none to wait for. */
  #untilRunOutMs(): number {
    const remainingMs = this.#seen?.lease.spec?.holderIdentity ? this.#remainingMs(this.#seen) : 0;
    return remainingMs > 0 ? Math.ceil(remainingMs) : Infinity;
  }

  /** Uses only the monotonic clock: a wall clock that is set forward must not make two leaders. */
  #remainingMs({ lease, at }: { lease: Lease; at: Moment }): number {
    return (lease.spec?.leaseDurationSeconds ?? 0) * 1000 - (this.#clock.monotonicMs() - at.monotonicMs);
  }

  #spec(last: LeaseSpec | undefined): LeaseSpec {
    const { identity } = this.#options;
    const now = microTime(this.#clock.wall());
    const same = last?.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
      acquireTime: same ? (last.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: (last?.leaseTransitions ?? 0) + (same || !last ? 0 : 1),
    };
  }

  #now(): Moment {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.wall().getTime() };
  }

  /** The longer time of the two clocks: neither a suspended machine nor a clock that is set back extends our lease. */
  #since({ monotonicMs, wallMs }: Moment): number {
    const now = this.#now();
    return Math.max(now.monotonicMs - monotonicMs, now.wallMs - wallMs);
  }
}
