import { expect, test } from '@jest/globals';

import { DEFAULT_SPAN_LIMITS, limitAttributes, readSpanLimits } from '../../../../shared/tracing/limits.ts';
import { serviceResource } from '../../../../shared/tracing/resource.ts';
import { SpanKind, SpanStatusCode, toReadableSpan } from '../../../../shared/tracing/span-record.ts';
import { logLines } from './log-lines.ts';

const read = (env: Record<string, string>) => {
  const { log, lines } = logLines();
  return { limits: readSpanLimits(env, log), lines };
};

test('without variables the defaults of the specification are used', () => {
  expect(read({}).limits).toEqual(DEFAULT_SPAN_LIMITS);
});

test('limits of spans win over those of all attributes', () => {
  const general = { OTEL_ATTRIBUTE_COUNT_LIMIT: '5', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '6' };
  expect(read(general).limits).toEqual({
    ...DEFAULT_SPAN_LIMITS,
    attributes: 5,
    attributesPerEvent: 5,
    attributesPerLink: 5,
    valueLength: 6,
  });
  const own = {
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1',
    OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '2',
    OTEL_SPAN_EVENT_COUNT_LIMIT: '3',
    OTEL_SPAN_LINK_COUNT_LIMIT: '4',
    OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '0',
    OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '7',
  };
  expect(read({ ...general, ...own }).limits).toEqual({
    attributes: 1,
    valueLength: 2,
    events: 3,
    links: 4,
    attributesPerEvent: 0,
    attributesPerLink: 7,
  });
});

test.each(['-1', 'many', '1.5', '4294967296'])('a limit of %s is warned of once, and not used', (value) => {
  const { limits, lines } = read({ OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: value, OTEL_ATTRIBUTE_COUNT_LIMIT: '9' });
  expect(limits.attributes).toBe(9);
  expect(lines).toMatchObject([{ level: 'warn', variable: 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', value }]);
});

test('strings are cut between characters, in arrays too; numbers are not', () => {
  expect(limitAttributes({ a: 'short', b: '🚀🚀🚀🚀', c: ['long enough', 'x'], d: 123_456 }, 9, 3)).toEqual({
    attributes: { a: 'sho', b: '🚀🚀🚀', c: ['lon', 'x'], d: 123_456 },
    dropped: 0,
  });
});

test('a span of a run keeps values within the limits, and counts the others', () => {
  const carrier = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true };
  const record = {
    traceId: 'a'.repeat(32),
    spanId: 'c'.repeat(16),
    name: 'RUN build',
    kind: SpanKind.SERVER,
    startMs: 0,
    endMs: 1,
    attributes: { one: 'aaaa', two: 2, three: 3 },
    status: { code: SpanStatusCode.UNSET },
    events: ['first', 'second'].map((name) => ({ name, timeMs: 0, attributes: { x: 1, y: 2 } })),
    links: [1, 2, 3].map((number) => ({ context: carrier, attributes: { number, y: 2 } })),
  };
  const limits = { attributes: 2, valueLength: 3, events: 1, links: 2, attributesPerEvent: 1, attributesPerLink: 1 };
  expect(toReadableSpan(record, serviceResource('s', 'c'), limits)).toMatchObject({
    attributes: { one: 'aaa', two: 2 },
    droppedAttributesCount: 1,
    events: [{ name: 'second', attributes: { x: 1 }, droppedAttributesCount: 1 }],
    droppedEventsCount: 1,
    links: [
      { attributes: { number: 2 }, droppedAttributesCount: 1 },
      { attributes: { number: 3 }, droppedAttributesCount: 1 },
    ],
    droppedLinksCount: 1,
  });
  expect(toReadableSpan(record, serviceResource('s', 'c'))).toMatchObject({
    attributes: record.attributes,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  });
});
