/** Delays of client-go's default per-item limiter: 5 ms doubled per failure, up to 1000 s. */
const BACKOFF_MS = { first: 5, max: 1_000_000 };

/**
 * client-go's work queue: a key is processed by one worker at a time, is queued once however often it is added, and is
 * processed again when it was added meanwhile.
 */
export class WorkQueue {
  readonly #ready: string[] = [];
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { dueMs: number; timer: NodeJS.Timeout }>();
  readonly #waiting: ((key: string | undefined) => void)[] = [];
  #idle: (() => void)[] = [];
  #closed = false;

  /** Queues `key`, unless it waits already; while it is processed, it is queued again afterwards. */
  add(key: string): void {
    if (this.#closed || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (!this.#processing.has(key)) this.#push(key);
  }

  /** Queues `key` in `delayMs`; of several the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) return this.add(key);
    const dueMs = Date.now() + delayMs;
    const pending = this.#timers.get(key);
    if (pending && pending.dueMs <= dueMs) return;
    if (pending) clearTimeout(pending.timer);
    // A timer holds 24 days at most; what is later than that is looked at again then.
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      Math.min(delayMs, 2 ** 31 - 1),
    );
    this.#timers.set(key, { dueMs, timer });
  }

  /** Queues `key` after the delay its failures so far ask for. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.addAfter(key, Math.min(BACKOFF_MS.first * 2 ** failures, BACKOFF_MS.max));
  }

  /** Ends the key's back-off: it went well, or is given up. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, or undefined once the queue is shut down. Each key got must be handed to `done`. */
  async get(): Promise<string | undefined> {
    const key = this.#ready.shift();
    if (key !== undefined) return this.#take(key);
    if (this.#closed) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.has(key) && !this.#closed) this.#push(key);
    if (this.#processing.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  get length(): number {
    return this.#ready.length;
  }

  /** Takes no more keys, wakes the workers, and resolves when those in work are done. */
  async shutDown(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#ready.length = 0;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    if (this.#processing.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #take(key: string): string {
    this.#processing.add(key);
    this.#dirty.delete(key);
    return key;
  }

  #push(key: string): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(this.#take(key));
    else this.#ready.push(key);
  }
}
