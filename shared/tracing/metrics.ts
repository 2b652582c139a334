import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

import { ExportError } from './exporters/sink.ts';
import type { SpanSink } from './exporters/sink.ts';
import type { SpanQueueCounts } from './span-queue.ts';

/** `sink` with metrics of accepted spans and failed exports. */
export function measuredSink(sink: SpanSink, registry: Registry): SpanSink {
  const exported = new Counter({
    name: 'tektrace_spans_exported_total',
    help: 'Spans the collector accepted',
    registers: [registry],
  });
  const failures = new Counter({
    name: 'tektrace_span_export_failures_total',
    help: 'Exports the collector did not accept; retryable ones are sent again',
    labelNames: ['retryable'] as const,
    registers: [registry],
  });
  for (const retryable of ['true', 'false']) failures.inc({ retryable }, 0);
  return {
    target: sink.target,
    close: () => sink.close(),
    async send(spans, signal) {
      try {
        await sink.send(spans, signal);
        exported.inc(spans.length);
      } catch (error) {
        failures.inc({ retryable: String(error instanceof ExportError && error.retryable) });
        throw error;
      }
    },
  };
}

/** Metrics of the controllers' span queue; `counts` is read at each scrape. */
export function measureSpanQueue(counts: SpanQueueCounts, registry: Registry): void {
  new Gauge({
    name: 'tektrace_span_queue_spans',
    help: 'Spans that wait for the collector',
    registers: [registry],
    collect() {
      this.set(counts.queued);
    },
  });
  new Counter({
    name: 'tektrace_spans_dropped_total',
    help: 'Spans dropped because the queue was full, or finally refused by the collector',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(counts.dropped);
    },
  });
}
