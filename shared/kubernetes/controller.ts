import type { Logger } from '../runtime/log.ts';
import { isConflict } from './errors.ts';
import { WorkQueue } from './work-queue.ts';
import type { WorkQueueObserver } from './work-queue.ts';

/** A reconcile's result: with `requeueAfterMs` the key is requeued after that time. A reconcile that throws is requeued with back-off. */
export type ReconcileResult = { requeueAfterMs?: number } | undefined;

export interface ControllerOptions {
  name: string;
  /** Level-based: reads the store, decides, writes. May run twice at any point without harm. */
  reconcile: (key: string) => Promise<ReconcileResult>;
  /** Milliseconds until the key must be reconciled again, even during its back-off. */
  dueInMs?: (key: string) => number | undefined;
  workers?: number;
  observer?: WorkQueueObserver;
  log: Logger;
}

/** Runs `reconcile` for each added key. A key has one worker at a time. */
export class Controller {
  readonly queue: WorkQueue;
  readonly #options: ControllerOptions;
  #workers: Promise<void>[] = [];

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.queue = new WorkQueue(options.observer ? { observer: options.observer } : {});
  }

  start(): void {
    const { workers = 4 } = this.#options;
    this.#workers = Array.from({ length: workers }, () => this.#work());
  }

  /** Takes no more keys. Resolves when the running reconciles have ended; with `drain` also those of waiting keys. */
  async stop({ drain = false } = {}): Promise<void> {
    await (drain ? this.queue.drain() : this.queue.shutDown());
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    for (let key = await this.queue.get(); key !== undefined; key = await this.queue.get()) {
      try {
        await this.#process(key);
      } finally {
        this.queue.done(key);
      }
    }
  }

  async #process(key: string): Promise<void> {
    try {
      const result = await this.#options.reconcile(key);
      this.queue.forget(key);
      if (result?.requeueAfterMs !== undefined) this.queue.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      const { log, name, dueInMs } = this.#options;
      const fields = { controller: name, key, error, failures: this.queue.failures(key) + 1 };
      // A conflict means that our cache was behind; the next event brings the newer object.
      if (isConflict(error)) log.debug('reconcile conflicted with a newer object, trying again', fields);
      else log.warn('reconcile failed, trying again', fields);
      this.queue.addRateLimited(key);
      const dueMs = dueInMs?.(key);
      if (dueMs !== undefined && dueMs > 0) this.queue.addAfter(key, dueMs);
    }
  }
}
