import type { Resource } from '@opentelemetry/resources';

import type { Logger } from '../../shared/runtime/log.ts';
import { LIFECYCLE_SERVICE, serviceResource } from '../../shared/tracing/resource.ts';
import { jittered } from '../../shared/tracing/exporters/answer.ts';
import { EncodingError, ExportError, exportErrorOf, refusalOf } from '../../shared/tracing/exporters/sink.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { toReadableSpan } from '../../shared/tracing/span-record.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { DEFAULT_SPAN_SETTINGS } from '../../shared/tracing/span-settings.ts';
import type { SpanSettings } from '../../shared/tracing/span-settings.ts';

const BACKOFF_MS = { first: 250, max: 15_000 };
/** All runs together retry a hundred times a second: each retry builds the run's spans anew, and those of a day without a collector would take all of a CPU. */
const RETRY_EACH_MS = 10;

export interface LifecycleSenderOptions {
  sink: SpanSink;
  /** Identifies the cluster on each span. */
  clusterKey: string;
  /** False: nothing is sent, because another process leads. */
  maySend?: (() => boolean) | undefined;
  settings?: SpanSettings | undefined;
  /** A random number from 0 to 1, for the jitter. */
  random?: () => number;
  /** Monotonic milliseconds. */
  nowMs?: () => number;
  log: Logger;
}

/** `refused`: the same request would be refused again. `retry`: send the spans again in `inMs`. */
export type SendResult = { kind: 'accepted' | 'refused' } | { kind: 'retry'; inMs: number };

/** A run whose spans were not accepted: how often in a row, and when to try again. */
interface Failing {
  failures: number;
  dueMs: number;
}

/** Since the start. `dropped`: spans that no collector accepted for as long as their run was remembered. */
export interface LifecycleCounts {
  dropped: number;
}

/**
 * Sends lifecycle spans and reports what the collector accepted. Each run has its own back-off; a wait that the collector asks for
 * (`Retry-After`) holds for all. Logs one warning when the first run fails, one line when the last one is accepted.
 */
export class LifecycleSender {
  readonly #sink: SpanSink;
  readonly #log: Logger;
  readonly #resource: Resource;
  readonly #settings: SpanSettings;
  readonly #maySend: () => boolean;
  readonly #random: () => number;
  readonly #nowMs: () => number;
  readonly #failing = new Map<string, Failing>();
  readonly counts: LifecycleCounts = { dropped: 0 };
  #heldUntilMs = 0;
  /** Whether the last answer was none, or asked for a retry. */
  #isAway = false;
  /** Number of requests that have no answer yet. */
  #underWay = 0;
  #refusal: string | undefined;

  constructor(options: LifecycleSenderOptions) {
    const { sink, clusterKey, log, maySend = () => true, settings = DEFAULT_SPAN_SETTINGS } = options;
    this.#sink = sink;
    this.#log = log;
    this.#maySend = maySend;
    this.#random = options.random ?? Math.random;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#settings = settings;
    this.#resource = serviceResource(LIFECYCLE_SERVICE, clusterKey, settings.resourceAttributes);
  }

  /** Sends the spans of the run with uid `run`. A partial success counts as accepted, because OTLP forbids a retry. */
  async send(run: string, spans: SpanRecord[]): Promise<SendResult> {
    if (spans.length === 0) return { kind: 'accepted' };
    if (!this.#maySend()) return { kind: 'retry', inMs: BACKOFF_MS.first };
    const earlyMs = Math.max(this.#heldUntilMs, this.#failing.get(run)?.dueMs ?? 0) - this.#nowMs();
    if (earlyMs > 0) return { kind: 'retry', inMs: this.#spread(earlyMs) };
    // A collector that is away gets one request at a time: each may take as long as its timeout, and thousands of runs would wait for that in a row.
    if (this.#isAway && this.#underWay > 0) return this.#backOff(run, 0);
    this.#underWay += 1;
    try {
      await this.#sink.send(spans.map((span) => toReadableSpan(span, this.#resource, this.#settings.limits)));
    } catch (error) {
      this.#isAway = exportErrorOf(error).retryable;
      return this.#isAway ? this.#failed(run, error) : this.#refused(run, error, spans.length);
    } finally {
      this.#underWay -= 1;
    }
    this.#isAway = false;
    const failed = this.#failing.delete(run);
    if ((failed && this.#failing.size === 0) || this.#refusal !== undefined)
      this.#log.info('the collector accepts lifecycle spans again', { collector: this.#sink.target });
    this.#refusal = undefined;
    return { kind: 'accepted' };
  }

  /** The run's spans are not sent any more. */
  forget(run: string): void {
    this.#failing.delete(run);
  }

  /** Counts spans that are given up. */
  drop(spans: number): void {
    this.counts.dropped += spans;
  }

  #failed(run: string, error: unknown): SendResult {
    if (this.#failing.size === 0) {
      const what =
        error instanceof ExportError
          ? 'the collector did not accept lifecycle spans'
          : "lifecycle spans can't be sent at present";
      this.#log.warn(`${what}: runs go on, the spans are sent again until the collector accepts them`, { error });
    }
    return this.#backOff(run, exportErrorOf(error).retryAfterMs ?? 0);
  }

  /** The run's next wait. `askedMs`: the wait that the collector asks for, which holds for all runs. */
  #backOff(run: string, askedMs: number): SendResult {
    const failures = (this.#failing.get(run)?.failures ?? 0) + 1;
    const maxMs = Math.max(BACKOFF_MS.max, this.#failing.size * RETRY_EACH_MS);
    const backoffMs = jittered(Math.min(BACKOFF_MS.first * 2 ** (failures - 1), maxMs), this.#random);
    const inMs = Math.max(backoffMs, askedMs);
    this.#failing.set(run, { failures, dueMs: this.#nowMs() + inMs });
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#nowMs() + askedMs);
    return { kind: 'retry', inMs };
  }

  /** Logs a permanent refusal (OTLP 1.x) once for each response, until the collector accepts spans again. */
  #refused(run: string, error: unknown, spans: number): SendResult {
    if (this.#refusal !== refusalOf(error)) {
      const what =
        error instanceof EncodingError
          ? "lifecycle spans can't be encoded"
          : 'the collector permanently refused lifecycle spans';
      this.#log.warn(`${what}: they are not sent again`, { error, spans });
    }
    this.#refusal = refusalOf(error);
    this.#failing.delete(run);
    return { kind: exportErrorOf(error).rejected === undefined ? 'refused' : 'accepted' };
  }

  /** Up to a fifth more, so that runs that waited for the same moment do not come together. */
  #spread(ms: number): number {
    return ms * (1 + 0.2 * this.#random());
  }
}
