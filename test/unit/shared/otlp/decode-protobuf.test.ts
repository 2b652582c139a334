import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { describe, expect, test } from '@jest/globals';
import { decodeTracesJson } from '../../../../shared/otlp/decode-json.ts';
import { decodeTracesProtobuf } from '../../../../shared/otlp/decode-protobuf.ts';
import { locateSpans } from '../../../../shared/otlp/spans.ts';

const TRACE_ID = '0102030405060708090a0b0c0d0e0f10';
const SPAN_ID = 'a1a2a3a4a5a6a7a8';

function recordedSpans() {
  const exporter = new InMemorySpanExporter();
  const resource = resourceFromAttributes({ 'service.name': 'tekton-pipelines', weights: [1, 2.5] });
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('tektrace', '0.1.0');
  const parent = trace.setSpanContext(ROOT_CONTEXT, { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 });
  const span = tracer.startSpan(
    'step tëst',
    {
      kind: SpanKind.SERVER,
      startTime: [1_795_399_200, 123_456_789],
      attributes: {
        text: 'ü',
        yes: true,
        no: false,
        big: 2 ** 52,
        negative: -7,
        half: 0.5,
        list: ['a', 'b'],
        empty: '',
      },
      links: [{ context: { traceId: TRACE_ID, spanId: SPAN_ID, traceFlags: 1 }, attributes: { why: 'rerun of' } }],
    },
    parent,
  );
  span.addEvent('started', { attempt: 1 }, [1_795_399_200, 200_000_001]);
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'exit 1' });
  span.end([1_795_399_201, 1]);
  tracer.startSpan('root', { root: true, startTime: [1, 0] }, ROOT_CONTEXT).end([1, 0]);
  return exporter.getFinishedSpans();
}

describe('an export made by the OpenTelemetry SDK', () => {
  const spans = recordedSpans();
  const fromProtobuf = decodeTracesProtobuf(ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array());
  const fromJson = decodeTracesJson(JsonTraceSerializer.serializeRequest(spans) ?? '');

  test('reads the same from protobuf as from JSON', () => {
    expect(fromProtobuf).toEqual(fromJson);
  });

  test('keeps ids, nanoseconds, values, events, links and status exactly', () => {
    const [first] = locateSpans(fromProtobuf);
    expect(first?.serviceName).toBe('tekton-pipelines');
    expect(first?.scope).toEqual({ name: 'tektrace', version: '0.1.0', attributes: [] });
    expect(first?.span).toMatchObject({
      traceId: TRACE_ID,
      parentSpanId: SPAN_ID,
      name: 'step tëst',
      kind: 2,
      startTimeUnixNano: '1795399200123456789',
      endTimeUnixNano: '1795399201000000001',
      status: { code: 2, message: 'exit 1' },
      events: [{ name: 'started', timeUnixNano: '1795399200200000001' }],
      links: [{ traceId: TRACE_ID, spanId: SPAN_ID, attributes: [{ key: 'why', value: { stringValue: 'rerun of' } }] }],
    });
    expect(first?.span.attributes).toEqual([
      { key: 'text', value: { stringValue: 'ü' } },
      { key: 'yes', value: { boolValue: true } },
      { key: 'no', value: { boolValue: false } },
      { key: 'big', value: { intValue: '4503599627370496' } },
      { key: 'negative', value: { intValue: '-7' } },
      { key: 'half', value: { doubleValue: 0.5 } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
      { key: 'empty', value: { stringValue: '' } },
    ]);
  });

  test('gives a root no parent', () => {
    expect(locateSpans(fromProtobuf)[1]?.span).not.toHaveProperty('parentSpanId');
  });
});

/** A length-delimited field. */
const field = (number: number, body: Buffer | string): Buffer =>
  Buffer.concat([Buffer.from([number * 8 + 2, Buffer.byteLength(body)]), Buffer.from(body)]);
const request = (span: Buffer): Buffer => field(1, field(2, field(2, span)));
const ids = Buffer.concat([field(1, Buffer.alloc(16, 1)), field(2, Buffer.alloc(8, 2))]);

describe('a body that violates OTLP', () => {
  const at = 'resourceSpans[0].scopeSpans[0].spans[0]';
  const cases: [string, Buffer, string][] = [
    ['a trace id of another length', request(field(1, 'short')), `${at}.traceId: must be 16 bytes, is 5`],
    ['an all-zero span id', request(field(2, Buffer.alloc(8))), `${at}.spanId: is all zeros`],
    ['no ids', request(field(5, 'name')), `${at}.traceId: is missing`],
    [
      'text that is not UTF-8',
      request(Buffer.concat([ids, field(5, Buffer.from([0xff]))])),
      `${at}.name: is not valid UTF-8`,
    ],
    [
      'an end in the middle',
      Buffer.from([0x0a, 0x7f, 0x01]),
      'resourceSpans[0]: says 127 bytes follow where 1 are left',
    ],
    ['text', Buffer.from('hello, this is no protobuf'), 'unknown wire type 4'],
    ['an endless varint', Buffer.alloc(12, 0xff), 'a varint is longer than 10 bytes'],
  ];
  test.each(cases)('%s is refused by name', (_, body, message) => {
    expect(() => decodeTracesProtobuf(body)).toThrow(message);
  });

  test('values nested beyond any use are refused, not followed', () => {
    const nested = (levels: number): Buffer => {
      let inner: Buffer = Buffer.from([]);
      for (let depth = 0; depth < levels; depth += 1) {
        const list = Buffer.concat([Buffer.from([0x0a]), length(inner.length), inner]);
        inner = Buffer.concat([Buffer.from([0x2a]), length(list.length), list]);
      }
      return inner;
    };
    const attribute = (levels: number): Buffer => {
      const inner = nested(levels);
      const kv = Buffer.concat([Buffer.from([0x12]), length(inner.length), inner]);
      return Buffer.concat([Buffer.from([0x0a]), length(kv.length), kv]);
    };
    const body = (levels: number): Buffer => {
      const resource = attribute(levels);
      const spans = Buffer.concat([Buffer.from([0x0a]), length(resource.length), resource]);
      return Buffer.concat([Buffer.from([0x0a]), length(spans.length), spans]);
    };
    expect(() => decodeTracesProtobuf(body(10))).not.toThrow();
    expect(() => decodeTracesProtobuf(body(5000))).toThrow('nests deeper than');
  });
});

test('fields of a later protocol version are skipped', () => {
  const span = Buffer.concat([ids, field(5, 'known'), field(15, ''), Buffer.from([0xf8, 0x01, 0x05])]);
  expect(locateSpans(decodeTracesProtobuf(request(span)))[0]?.span.name).toBe('known');
});

test('an empty body is an empty export', () => {
  expect(decodeTracesProtobuf(new Uint8Array())).toEqual({ resourceSpans: [] });
});

function length(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
