import { FairQueue } from './fair-queue.ts';

/** Delays of client-go's default per-item limiter: 5 ms doubled per failure, up to 1000 s. */
const BACKOFF_MS = { first: 5, max: 1_000_000 };

/** Node's longest timer is 24 days; a later time needs another timer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Reports of a queue, for metrics. `depth` is the number of keys that wait for a worker; times are in milliseconds. */
export interface WorkQueueObserver {
  added(depth: number): void;
  /** A worker took a key that had waited for `waitedMs`. */
  started(waitedMs: number, depth: number): void;
  done(workedMs: number): void;
  /** A key was requeued because its work failed. */
  retried(): void;
}

export interface WorkQueueOptions {
  observer?: WorkQueueObserver;
  /** Monotonic milliseconds. */
  nowMs?: () => number;
}

/**
 * client-go's work queue: one worker at a time processes a key. A key that is added several times is queued once. A key that is added during its
 * processing is processed again. Namespaces take turns.
 */
export class WorkQueue {
  readonly #ready = new FairQueue();
  /** Keys to process, with the time they were added; each is also in `#ready`, or is being processed. */
  readonly #dirty = new Map<string, number>();
  /** Keys that are being processed, with the start time. */
  readonly #processing = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { dueMs: number; timer: NodeJS.Timeout }>();
  readonly #waiting: ((key: string | undefined) => void)[] = [];
  readonly #observer: WorkQueueObserver | undefined;
  readonly #nowMs: () => number;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor({ observer, nowMs = () => performance.now() }: WorkQueueOptions = {}) {
    this.#observer = observer;
    this.#nowMs = nowMs;
  }

  /** Queues `key`, unless it waits already. If it is being processed, it is queued afterwards. */
  add(key: string): void {
    if (this.#closed || this.#dirty.has(key)) return;
    this.#dirty.set(key, this.#nowMs());
    if (!this.#processing.has(key)) this.#push(key);
  }

  /** Queues `key` in `delayMs`; the earliest of several calls counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) return this.add(key);
    const dueMs = this.#nowMs() + delayMs;
    const pending = this.#timers.get(key);
    if (pending && pending.dueMs <= dueMs) return;
    if (pending) clearTimeout(pending.timer);
    const expire = (): void => {
      this.#timers.delete(key);
      this.add(key);
    };
    this.#timers.set(key, { dueMs, timer: setTimeout(expire, Math.min(delayMs, MAX_TIMER_MS)) });
  }

  /** Cancels `addAfter`: the key's object was deleted, or needs no more reconciles. */
  cancelDelayed(key: string): void {
    clearTimeout(this.#timers.get(key)?.timer);
    this.#timers.delete(key);
  }

  /** Queues `key` after the delay for its number of failures. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    if (this.#closed) return;
    this.#failures.set(key, failures + 1);
    this.#observer?.retried();
    this.addAfter(key, Math.min(BACKOFF_MS.first * 2 ** failures, BACKOFF_MS.max));
  }

  /** Resets the key's back-off after a success, or when it is given up. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key; undefined after the shutdown. Call `done` for each returned key. */
  async get(): Promise<string | undefined> {
    const key = this.#ready.shift();
    if (key !== undefined) return this.#take(key);
    if (this.#isOver()) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Ends the work on a key from `get`. */
  done(key: string): void {
    const startedMs = this.#processing.get(key);
    if (startedMs === undefined) throw new Error(`the work queue did not hand out ${key}`);
    this.#processing.delete(key);
    this.#observer?.done(this.#nowMs() - startedMs);
    if (this.#dirty.has(key)) this.#push(key);
    if (this.#isOver()) this.#end();
  }

  /** How many keys wait for a worker. */
  get length(): number {
    return this.#ready.length;
  }

  /** Start time of the oldest key that is being processed (milliseconds of the queue's clock), and the number of such keys. */
  get inWork(): { count: number; oldestMs: number | undefined } {
    return { count: this.#processing.size, oldestMs: this.#processing.values().next().value };
  }

  /** Takes no more keys, drops waiting ones, and resolves when those being processed are done. */
  async shutDown(): Promise<void> {
    this.#ready.clear();
    this.#dirty.clear();
    await this.drain();
  }

  /** Takes no more keys, and resolves when waiting ones (without delayed ones) are done too. */
  async drain(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    if (this.#isOver()) return this.#end();
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #isOver(): boolean {
    return this.#closed && this.#ready.length === 0 && this.#processing.size === 0;
  }

  #end(): void {
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #take(key: string): string {
    const now = this.#nowMs();
    const waitedMs = now - (this.#dirty.get(key) ?? now);
    this.#dirty.delete(key);
    this.#processing.set(key, now);
    this.#observer?.started(waitedMs, this.#ready.length);
    return key;
  }

  #push(key: string): void {
    const waiting = this.#waiting.shift();
    this.#observer?.added(this.#ready.length + 1);
    if (waiting) waiting(this.#take(key));
    else this.#ready.push(key);
  }
}
