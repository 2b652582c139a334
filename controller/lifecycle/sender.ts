import type { Resource } from '@opentelemetry/resources';

import type { Logger } from '../../shared/runtime/log.ts';
import { LIFECYCLE_SERVICE, serviceResource } from '../../shared/tracing/resource.ts';
import { jittered } from '../../shared/tracing/exporters/answer.ts';
import { ExportError, refusalOf } from '../../shared/tracing/exporters/sink.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { toReadableSpan } from '../../shared/tracing/span-record.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { DEFAULT_SPAN_SETTINGS } from '../../shared/tracing/span-settings.ts';
import type { SpanSettings } from '../../shared/tracing/span-settings.ts';

const BACKOFF_MS = { first: 250, max: 15_000 };
const MAX_RETRY_AFTER_MS = 60_000;

export interface LifecycleSenderOptions {
  sink: SpanSink;
  /** Identifies the cluster on each span. */
  clusterKey: string;
  /** False: nothing is sent, because another process leads. */
  maySend?: (() => boolean) | undefined;
  settings?: SpanSettings | undefined;
  /** A random number from 0 to 1, for the jitter. */
  random?: () => number;
  log: Logger;
}

/** `refused`: the same request would be refused again. `retry`: send the spans again after `retryMs`. */
export type SendResult = 'accepted' | 'refused' | 'retry';

/** Sends lifecycle spans and reports what the collector accepted. Logs one warning when it becomes unavailable, one line when it accepts again. */
export class LifecycleSender {
  readonly #sink: SpanSink;
  readonly #log: Logger;
  readonly #resource: Resource;
  readonly #settings: SpanSettings;
  readonly #maySend: () => boolean;
  readonly #random: () => number;
  #failures = 0;
  #retryAfterMs = 0;
  #refusal: string | undefined;

  constructor(options: LifecycleSenderOptions) {
    const { sink, clusterKey, log, maySend = () => true, settings = DEFAULT_SPAN_SETTINGS } = options;
    this.#sink = sink;
    this.#log = log;
    this.#maySend = maySend;
    this.#random = options.random ?? Math.random;
    this.#settings = settings;
    this.#resource = serviceResource(LIFECYCLE_SERVICE, clusterKey, settings.resourceAttributes);
  }

  /** Sends `spans` and resolves to the result. A partial success counts as accepted, because OTLP forbids a retry. */
  async send(spans: SpanRecord[]): Promise<SendResult> {
    if (spans.length === 0) return 'accepted';
    if (!this.#maySend()) return 'retry';
    try {
      await this.#sink.send(spans.map((span) => toReadableSpan(span, this.#resource, this.#settings.limits)));
    } catch (error) {
      if (error instanceof ExportError && !error.retryable) return this.#refused(error, spans.length);
      if (this.#failures === 0)
        this.#log.warn(
          'the collector did not accept lifecycle spans: runs go on, the spans are sent again until it accepts them',
          { error },
        );
      this.#failures += 1;
      this.#retryAfterMs = (error instanceof ExportError ? error.retryAfterMs : undefined) ?? 0;
      return 'retry';
    }
    if (this.#failures > 0 || this.#refusal !== undefined)
      this.#log.info('the collector accepts lifecycle spans again', { collector: this.#sink.target });
    this.#failures = 0;
    this.#refusal = undefined;
    return 'accepted';
  }

  /** Logs a final refusal (OTLP 1.x) once for each response, until the collector accepts spans again. */
  #refused(error: ExportError, spans: number): SendResult {
    if (this.#refusal !== refusalOf(error))
      this.#log.warn('the collector finally refused lifecycle spans: they are not sent again', { error, spans });
    this.#refusal = refusalOf(error);
    this.#failures = 0;
    return error.partial ? 'accepted' : 'refused';
  }

  /** Milliseconds until the retry. */
  retryMs(): number {
    const backoffMs = Math.min(BACKOFF_MS.first * 2 ** Math.max(0, this.#failures - 1), BACKOFF_MS.max);
    return Math.max(jittered(backoffMs, this.#random), Math.min(this.#retryAfterMs, MAX_RETRY_AFTER_MS));
  }
}
