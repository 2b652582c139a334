import { setTimeout as delay } from 'node:timers/promises';

import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import type { Logger } from '../runtime/log.ts';
import { jittered } from './exporters/answer.ts';
import { EncodingError, ExportError, exportErrorOf, refusalOf } from './exporters/sink.ts';
import type { SpanSink } from './exporters/sink.ts';

export interface SpanQueueOptions {
  sink: SpanSink;
  log: Logger;
  maxSpans?: number;
  batchSpans?: number;
  /** How long spans wait for a fuller batch, in milliseconds. */
  delayMs?: number;
  /** A random number from 0 to 1, for the jitter between retries. */
  random?: () => number;
}

const BACKOFF_MS = { first: 500, max: 30_000 };

/** Counts since the start. `refused`: permanently, by the collector, or because they can't be encoded. `dropped`: they did not fit into the queue, or the process ended before they left. */
export interface SpanQueueCounts {
  sent: number;
  refused: number;
  dropped: number;
  queued: number;
}

/** What keeps spans from the collector: the collector itself, or something on this side. */
function unavailable(error: unknown): string {
  return error instanceof ExportError ? 'the collector is unavailable' : "spans can't be sent at present";
}

/**
 * A bounded queue of spans. They are sent in batches, and retried with back-off while the collector is unreachable. Spans that do not fit are
 * dropped and counted, with one log line per burst.
 */
export class SpanQueue {
  readonly #options: Required<SpanQueueOptions>;
  /** Spans that were added together, those of one reconcile, say: a batch with only a part of them could leave orphans. */
  readonly #groups: ReadableSpan[][] = [];
  readonly #stop = new AbortController();
  readonly counts: SpanQueueCounts = { sent: 0, refused: 0, dropped: 0, queued: 0 };
  #wake: () => void = () => undefined;
  #flushes: (() => void)[] = [];
  #ending = false;
  #dropping = false;
  #unreachable = false;
  #refusal: string | undefined;
  readonly #loop: Promise<void>;

  constructor(options: SpanQueueOptions) {
    this.#options = { maxSpans: 20_000, batchSpans: 512, delayMs: 200, random: Math.random, ...options };
    // In the root context, so that export requests do not become spans of a reconcile.
    this.#loop = context.with(ROOT_CONTEXT, () => this.#run());
  }

  /** Adds spans that belong together, all or none, so that a full queue leaves no orphans. */
  add(spans: ReadableSpan[]): void {
    const { maxSpans, log } = this.#options;
    if (this.counts.queued + spans.length > maxSpans) {
      this.counts.dropped += spans.length;
      if (!this.#dropping)
        log.warn('the span queue is full, dropping spans', {
          maxSpans,
          collector: this.#options.sink.target,
        });
      this.#dropping = true;
      return;
    }
    if (this.#dropping) log.info('the span queue has room again', { dropped: this.counts.dropped });
    this.#dropping = false;
    this.#groups.push(spans);
    this.counts.queued += spans.length;
    this.#wake();
  }

  /** Resolves when the queue is empty, or after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    const left = Promise.withResolvers<void>();
    const timer = setTimeout(left.resolve, timeoutMs);
    this.#flushes.push(left.resolve);
    if (this.counts.queued === 0) left.resolve();
    await left.promise;
    clearTimeout(timer);
  }

  /** Sends the queued spans, for at most `timeoutMs`. The rest is counted as dropped. */
  async shutDown(timeoutMs: number): Promise<void> {
    this.#ending = true;
    this.#wake();
    const timer = setTimeout(() => this.#stop.abort(new Error('shut down')), timeoutMs);
    await this.#loop;
    clearTimeout(timer);
    if (this.counts.queued > 0) {
      this.counts.dropped += this.counts.queued;
      this.#options.log.warn('spans were not sent before the end', {
        spans: this.counts.queued,
        collector: this.#options.sink.target,
      });
    }
  }

  async #run(): Promise<void> {
    let backoffMs = BACKOFF_MS.first;
    while (!this.#stop.signal.aborted) {
      if (this.#groups.length === 0) {
        if (this.#ending) return;
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      await this.#pause(this.#options.delayMs, () => this.#ending || this.counts.queued >= this.#options.batchSpans);
      const groups = this.#nextBatch();
      const batch = groups.flat();
      const retryMs = await this.#send(batch, backoffMs);
      if (retryMs === undefined) {
        this.#groups.splice(0, groups.length);
        this.counts.queued -= batch.length;
        if (this.counts.queued === 0) for (const resolve of this.#flushes.splice(0)) resolve();
        backoffMs = BACKOFF_MS.first;
      } else {
        const ending = this.#ending;
        await this.#pause(ending ? BACKOFF_MS.first : retryMs, () => this.#ending && !ending);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MS.max);
      }
    }
  }

  #nextBatch(): ReadableSpan[][] {
    let spans = 0;
    const end = this.#groups.findIndex((group) => (spans += group.length) >= this.#options.batchSpans);
    return this.#groups.slice(0, end < 0 ? undefined : end + 1);
  }

  /** Milliseconds until the batch must be retried; undefined if it was sent or dropped. */
  async #send(batch: ReadableSpan[], backoffMs: number): Promise<number | undefined> {
    const { sink, log } = this.#options;
    try {
      await sink.send(batch, this.#stop.signal);
      this.counts.sent += batch.length;
      if (this.#unreachable || this.#refusal !== undefined)
        log.info('the collector accepts spans again', { collector: sink.target });
      this.#unreachable = false;
      this.#refusal = undefined;
      return undefined;
    } catch (error) {
      const { retryable, rejected, retryAfterMs } = exportErrorOf(error);
      if (!retryable && !this.#stop.signal.aborted) {
        this.#refused(error, batch.length, rejected ?? batch.length);
        return undefined;
      }
      if (!this.#unreachable && !this.#stop.signal.aborted)
        log.warn(`${unavailable(error)}: runs go on, spans are kept and sent later`, { error });
      this.#unreachable = true;
      return retryAfterMs ?? jittered(backoffMs, this.#options.random);
    }
  }

  /** Counts a permanent refusal, and logs it once for each answer, until the collector accepts spans again. */
  #refused(error: unknown, spans: number, refused: number): void {
    this.counts.refused += refused;
    this.counts.sent += spans - refused;
    const refusal = refusalOf(error);
    if (this.#refusal !== refusal) {
      const what =
        error instanceof EncodingError ? "spans can't be encoded" : 'the collector permanently refused spans';
      this.#options.log.warn(`${what}: they are dropped`, { error, spans });
    }
    this.#refusal = refusal;
  }

  /** Waits `ms`, or until `isOver` is true after a change, or until the shutdown. */
  async #pause(ms: number, isOver: () => boolean): Promise<void> {
    const until = new AbortController();
    this.#wake = () => (isOver() ? until.abort() : undefined);
    this.#wake();
    await delay(ms, undefined, { signal: AbortSignal.any([until.signal, this.#stop.signal]) }).catch(() => undefined);
  }
}
