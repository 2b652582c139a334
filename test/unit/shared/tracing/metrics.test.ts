import { expect, test } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { Registry } from 'prom-client';

import { ExportError } from '../../../../shared/tracing/exporters/sink.ts';
import { measuredSink, measureSpanQueue } from '../../../../shared/tracing/metrics.ts';

const spans = [{}, {}, {}] as ReadableSpan[];

test('accepted and refused spans are counted, and errors still reach the caller', async () => {
  const registry = new Registry();
  const failures = [
    new ExportError('busy', { retryable: true }),
    new ExportError('bad', { retryable: false }),
    new ExportError('refused 1 of 3', { retryable: false, rejected: 1 }),
  ];
  const send = async (): Promise<void> => {
    const failure = failures.shift();
    if (failure) throw failure;
  };
  const sink = measuredSink({ target: 'http://collector', send, close: async () => undefined }, registry);
  expect(sink.target).toBe('http://collector');
  await expect(sink.send(spans)).rejects.toThrow('busy');
  await expect(sink.send(spans)).rejects.toThrow('bad');
  await expect(sink.send(spans)).rejects.toThrow('refused 1 of 3');
  await sink.send(spans);
  const text = await registry.metrics();
  expect(text).toContain('tektrace_spans_exported_total 5');
  expect(text).toContain('tektrace_span_export_failures_total{retryable="true"} 1');
  expect(text).toContain('tektrace_span_export_failures_total{retryable="false"} 2');
  expect(text).toContain('tektrace_spans_refused_total 4');
});

test('the span queue is read each time it is asked for', async () => {
  const registry = new Registry();
  const counts = { sent: 0, refused: 0, dropped: 0, queued: 0 };
  measureSpanQueue(counts, registry, { dropped: 2 });
  expect(await registry.metrics()).toMatch(/tektrace_span_queue_spans 0[^]*tektrace_spans_dropped_total 2/);
  Object.assign(counts, { dropped: 5, queued: 7 });
  for (const _ of [1, 2])
    expect(await registry.metrics()).toMatch(/tektrace_span_queue_spans 7[^]*tektrace_spans_dropped_total 7/);
});
