import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { expect, test } from '@jest/globals';

import { serviceResource } from '../../../../shared/tracing/resource.ts';
import { toReadableSpan } from '../../../../shared/tracing/span-record.ts';

const record = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  name: 'step make',
  kind: SpanKind.INTERNAL,
  startMs: 1_777_629_600_123.456,
  endMs: 1_777_629_601_000,
  attributes: { a: 1 },
  status: { code: SpanStatusCode.UNSET },
  events: [{ name: 'init', timeMs: 1_777_629_600_500 }],
  links: [{ context: { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), sampled: false }, attributes: { l: 1 } }],
};
const resource = serviceResource('tekton-pipelines', 'cluster-1');

test('a record keeps its ids and its times to the microsecond', () => {
  const span = toReadableSpan({ ...record, parentSpanId: 'e'.repeat(16) }, resource);
  expect(span.spanContext()).toMatchObject({ traceId: record.traceId, spanId: record.spanId, traceFlags: 1 });
  expect(span.parentSpanContext).toMatchObject({ traceId: record.traceId, spanId: 'e'.repeat(16) });
  expect(span).toMatchObject({
    startTime: [1_777_629_600, 123_456_000],
    endTime: [1_777_629_601, 0],
    duration: [0, 876_544_000],
  });
  expect(span.events[0]?.time).toEqual([1_777_629_600, 500_000_000]);
  expect(span.links[0]).toMatchObject({ context: { traceId: 'c'.repeat(32) }, attributes: { l: 1 } });
});

test('a root has no parent', () => {
  expect(toReadableSpan(record, resource).parentSpanContext).toBeUndefined();
});

test('no span is without length, of which Jaeger warns', () => {
  const span = toReadableSpan({ ...record, endMs: record.startMs }, resource);
  expect(span.duration).toEqual([0, 1000]);
  expect(span.endTime).toEqual([1_777_629_600, 123_457_000]);
});

test('the resource has the cluster three times and nothing of the process, so that every export is equal', () => {
  expect(resource.attributes).toEqual({
    'service.name': 'tekton-pipelines',
    'host.id': 'cluster-1',
    'host.name': 'cluster-1',
    ip: 'cluster-1',
  });
});
