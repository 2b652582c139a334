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
  /** Names the cluster on each span. */
  clusterKey: string;
  /** While it says no, nothing is sent: another process does it. */
  maySend?: (() => boolean) | undefined;
  settings?: SpanSettings | undefined;
  /** From 0 to 1, of the jitter. */
  random?: () => number;
  log: Logger;
}

/** `refused`: the same request can only be refused again. `retry`: the spans are to be sent again, after `retryMs`. */
export type SendResult = 'accepted' | 'refused' | 'retry';

/** Sends lifecycle spans and knows which the collector has accepted. One warning when it stops accepting, one line when it is back. */
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

  /** What became of `spans`. A partial success accepts them: OTLP forbids to send again what it left out. */
  async send(spans: SpanRecord[]): Promise<SendResult> {
    if (spans.length === 0) return 'accepted';
    if (!this.#maySend()) return 'retry';
    try {
      await this.#sink.send(spans.map((span) => toReadableSpan(span, this.#resource, this.#settings.limits)));
    } catch (error) {
      if (error instanceof ExportError && !error.retryable) return this.#refused(error, spans.length);
      if (this.#failures === 0)
        this.#log.warn(
          'the collector did not accept lifecycle spans: runs go on, the spans are sent again until it does',
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

  /** The same request can only be refused again (OTLP 1.x): said once for each answer, until the collector accepts spans again. */
  #refused(error: ExportError, spans: number): SendResult {
    if (this.#refusal !== refusalOf(error))
      this.#log.warn('the collector refused lifecycle spans for good: they are not sent again', { error, spans });
    this.#refusal = refusalOf(error);
    this.#failures = 0;
    return error.partial ? 'accepted' : 'refused';
  }

  /** When to try again what was not accepted. */
  retryMs(): number {
    const backoffMs = Math.min(BACKOFF_MS.first * 2 ** Math.max(0, this.#failures - 1), BACKOFF_MS.max);
    return Math.max(jittered(backoffMs, this.#random), Math.min(this.#retryAfterMs, MAX_RETRY_AFTER_MS));
  }
}
