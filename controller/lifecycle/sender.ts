import type { Resource } from '@opentelemetry/resources';

import type { Logger } from '../../shared/runtime/log.ts';
import { LIFECYCLE_SERVICE, serviceResource } from '../../shared/tracing/resource.ts';
import { ExportError } from '../../shared/tracing/exporters/sink.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { toReadableSpan } from '../../shared/tracing/span-record.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';

const BACKOFF_MS = { first: 250, max: 15_000 };
const MAX_RETRY_AFTER_MS = 60_000;

/** Sends lifecycle spans and knows which the collector has accepted. One warning when it stops accepting, one line when it is back. */
export class LifecycleSender {
  readonly #sink: SpanSink;
  readonly #log: Logger;
  readonly #resource: Resource;
  readonly #maySend: () => boolean;
  #failures = 0;
  #retryAfterMs = 0;

  /** While `maySend` says no, nothing is: another process does it. */
  constructor(sink: SpanSink, clusterKey: string, log: Logger, maySend: () => boolean = () => true) {
    this.#sink = sink;
    this.#log = log;
    this.#maySend = maySend;
    this.#resource = serviceResource(LIFECYCLE_SERVICE, clusterKey);
  }

  /** True once all `spans` are accepted; false when the collector did not take them and they must be sent again. */
  async send(spans: SpanRecord[]): Promise<boolean> {
    if (spans.length === 0) return true;
    if (!this.#maySend()) return false;
    try {
      await this.#sink.send(spans.map((span) => toReadableSpan(span, this.#resource)));
    } catch (error) {
      if (this.#failures === 0)
        this.#log.warn(
          'the collector did not accept lifecycle spans: runs go on, the spans are sent again until it does',
          { error },
        );
      this.#failures += 1;
      this.#retryAfterMs = (error instanceof ExportError ? error.retryAfterMs : undefined) ?? 0;
      return false;
    }
    if (this.#failures > 0)
      this.#log.info('the collector accepts lifecycle spans again', { collector: this.#sink.target });
    this.#failures = 0;
    return true;
  }

  /** When to try again what was not accepted. */
  retryMs(): number {
    const backoffMs = Math.min(BACKOFF_MS.first * 2 ** Math.max(0, this.#failures - 1), BACKOFF_MS.max);
    return Math.max(backoffMs, Math.min(this.#retryAfterMs, MAX_RETRY_AFTER_MS));
  }
}
