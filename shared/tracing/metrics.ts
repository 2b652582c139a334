import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

import { exportErrorOf } from './exporters/sink.ts';
import type { SpanSink } from './exporters/sink.ts';
import type { SpanQueueCounts } from './span-queue.ts';

/** `sink` with metrics of accepted and refused spans and failed exports. */
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
  const refused = new Counter({
    name: 'tektrace_spans_refused_total',
    help: 'Spans the collector permanently refused, or that can not be encoded; they are not sent again',
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
        const { retryable, rejected } = exportErrorOf(error);
        failures.inc({ retryable: String(retryable) });
        const count = rejected ?? spans.length;
        if (!retryable) refused.inc(count);
        if (!retryable) exported.inc(spans.length - count);
        throw error;
      }
    },
  };
}

/** Metrics of the controllers' span queue, and of spans that never got to the collector; the counts are read at each scrape. */
export function measureSpanQueue(
  counts: SpanQueueCounts,
  registry: Registry,
  lifecycle: { readonly dropped: number } = { dropped: 0 },
): void {
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
    help: 'Spans dropped: the queue was full, the process ended, or no collector accepted those of a deleted run for an hour',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(counts.dropped + lifecycle.dropped);
    },
  });
}
