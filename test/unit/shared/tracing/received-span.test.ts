import { expect, test } from '@jest/globals';
import { SpanKind } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';

import { decodeTracesProtobuf } from '../../../../shared/otlp/decode-protobuf.ts';
import { tracesFromJson } from '../../../../shared/otlp/decode-json.ts';
import { locateSpans } from '../../../../shared/otlp/spans.ts';
import type { Span, TracesData } from '../../../../shared/otlp/types.ts';
import { receivedSpan } from '../../../../shared/tracing/received-span.ts';

const ids = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const trace = (span: object): TracesData =>
  tracesFromJson({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'make' } }] },
        scopeSpans: [{ scope: { name: 'lib', version: '1.2' }, spans: [{ ...ids, name: 'compile', ...span }] }],
      },
    ],
  });
/** What a collector gets of it. */
function exported(sent: TracesData): TracesData {
  return decodeTracesProtobuf(
    ProtobufTraceSerializer.serializeRequest(locateSpans(sent).map((located) => receivedSpan(located))) ??
      new Uint8Array(),
  );
}
const without = (traces: TracesData): unknown =>
  JSON.parse(JSON.stringify(traces, (key, value: unknown) => (key === 'flags' ? undefined : value)));

test('spans that came with one resource leave with one, with what is known of it in place of what was sent', () => {
  const { resourceSpans } = trace({});
  const [group] = resourceSpans[0]?.scopeSpans ?? [];
  group?.spans.push({ ...(group.spans[0] as Span), spanId: 'b7ad6b7169203331' });
  expect(exported({ resourceSpans }).resourceSpans).toMatchObject([{ scopeSpans: [{ spans: [{}, {}] }] }]);
  const known = { 'host.name': 'node' };
  const [first, second] = locateSpans({ resourceSpans }).map((located) => receivedSpan(located, known));
  expect(second?.resource).toBe(first?.resource);
  expect(first?.resource.attributes).toEqual({ 'service.name': 'make', 'host.name': 'node' });
});

test('a span that came as OTLP leaves as it came', () => {
  const sent = trace({
    parentSpanId: 'b7ad6b7169203331',
    traceState: 'a=b',
    kind: 3,
    startTimeUnixNano: '1795399200123456789',
    endTimeUnixNano: '1795399201000000001',
    attributes: [
      { key: 'text', value: { stringValue: 'é' } },
      { key: 'yes', value: { boolValue: true } },
      { key: 'count', value: { intValue: '42' } },
      { key: 'part', value: { doubleValue: 0.5 } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
    ],
    events: [
      { timeUnixNano: '1795399200500000000', name: 'exception', attributes: [{ key: 'a', value: { intValue: '1' } }] },
    ],
    links: [{ traceId: 'f'.repeat(32), spanId: 'e'.repeat(16), attributes: [] }],
    status: { code: 2, message: 'boom' },
    droppedEventsCount: 3,
  });
  expect(without(exported(sent))).toEqual(without(sent));
});

test('a kind or a status that OTLP does not have counts as unspecified', () => {
  const [located] = locateSpans(trace({ kind: 9, status: { code: 7, message: 'odd' } }));
  expect(receivedSpan(located!)).toMatchObject({ kind: SpanKind.INTERNAL, status: { code: 0, message: 'odd' } });
});

test.each([
  ['a map', { kvlistValue: { values: [{ key: 'a', value: { intValue: '1' } }] } }, '{"a":1}'],
  ['bytes', { bytesValue: 'AAE=' }, 'AAE='],
  ['an integer past 2^53', { intValue: '9007199254740993' }, '9007199254740993'],
  ['a list of several types', { arrayValue: { values: [{ intValue: '1' }, { stringValue: 'x' }] } }, '[1,"x"]'],
  ['no value', {}, 'null'],
])('%s becomes text', (_what, value, text) => {
  const [located] = locateSpans(exported(trace({ attributes: [{ key: 'k', value }] })));
  expect(located?.span.attributes).toEqual([{ key: 'k', value: { stringValue: text } }]);
});

test('an end before the start, an unknown kind and times past any clock do no harm', () => {
  const [located] = locateSpans(
    exported(trace({ startTimeUnixNano: '18446744073709551615', endTimeUnixNano: '1', kind: 77 })),
  );
  expect(located?.span.endTimeUnixNano).toBe(located?.span.startTimeUnixNano);
});
