import { describe, expect, test } from '@jest/globals';

import {
  formatCarrier,
  formatTraceparent,
  parseCarrier,
  parseForeignCarrier,
  parseTraceparent,
} from '../../../../shared/tracing/carrier.ts';
import { fc } from '../../../support/property.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const GOOD = `00-${TRACE}-${SPAN}-01`;

describe('traceparent', () => {
  test.each([
    [GOOD, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    // Version 00 defines the lowest bit only; a reader ignores the others (W3C Trace Context 2.2.4).
    [`00-${TRACE}-${SPAN}-03`, true],
    [`00-${TRACE}-${SPAN}-fe`, false],
    // A later version is read as far as version 00 goes (3.2.4 and 4.3 of the same).
    [`01-${TRACE}-${SPAN}-01`, true],
    [`cc-${TRACE}-${SPAN}-00`, false],
    [`01-${TRACE}-${SPAN}-01-`, true],
    [`fe-${TRACE}-${SPAN}-03-what-the-future-will-be-like`, true],
  ])('%s is read, sampled: %s', (value, sampled) => {
    expect(parseTraceparent(value)).toEqual({ traceId: TRACE, spanId: SPAN, sampled });
  });

  test.each([
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['a later version with something else than a dash after it', `01-${TRACE}-${SPAN}-010`],
    ['a later version that is too short', `01-${TRACE}-${SPAN}-0`],
    ['upper case', GOOD.toUpperCase()],
    ['a zero trace id', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a zero span id', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['one digit too few', GOOD.slice(0, -1)],
    ['one digit too many', `${GOOD}0`],
    ['a suffix', `${GOOD}-00`],
    ['flags that are no hex', `00-${TRACE}-${SPAN}-0g`],
    ['a space before', ` ${GOOD}`],
    ['a newline after', `${GOOD}\n`],
    ['nothing', ''],
    ['undefined', undefined],
    ['null', null],
    ['a number', 0],
    ['an array', [GOOD]],
    ['something huge', GOOD.repeat(100_000)],
  ])('%s counts as absent', (_what, value) => {
    expect(parseTraceparent(value)).toBeUndefined();
  });
});

describe('JSON carrier', () => {
  test.each([
    ['no JSON', GOOD],
    ['a JSON string', JSON.stringify(GOOD)],
    ['an array', JSON.stringify([GOOD])],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['a traceparent in an array', JSON.stringify({ traceparent: [GOOD] })],
    ['a nested one', JSON.stringify({ carrier: { traceparent: GOOD } })],
    ['something huge', JSON.stringify({ traceparent: GOOD, pad: 'x'.repeat(1 << 20) })],
    ['cut off', JSON.stringify({ traceparent: GOOD }).slice(0, -1)],
  ])('%s counts as absent', (_what, value) => {
    expect(parseCarrier(value)).toBeUndefined();
  });

  test.each([[undefined], [null], [7], [[]], [{}]])(
    'an annotation that is %p counts as absent, and nothing throws',
    (value) => {
      expect(parseCarrier(value)).toBeUndefined();
    },
  );

  test('of a later version is read where others wrote it, and none of ours', () => {
    const later = JSON.stringify({ traceparent: `01-${TRACE}-${SPAN}-01-more`, tracestate: 'a=1' });
    expect(parseForeignCarrier(later)).toEqual({ traceId: TRACE, spanId: SPAN, sampled: true, tracestate: 'a=1' });
    expect(parseCarrier(later)).toBeUndefined();
  });

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (value) => void parseCarrier(value)));
  });

  test.each([
    ['of another type', 7],
    ['with a newline', 'a=1\nb=2'],
    ['too long', 'x'.repeat(9000)],
    ['empty', ''],
  ])('a tracestate or baggage %s is left out, the span stays', (_what, value) => {
    for (const field of ['tracestate', 'baggage'])
      expect(parseCarrier(JSON.stringify({ traceparent: GOOD, [field]: value }))).toEqual({
        traceId: TRACE,
        spanId: SPAN,
        sampled: true,
      });
  });

  const span = { traceId: TRACE, spanId: SPAN, sampled: true };

  test('has all three values where they fit', () => {
    expect(JSON.parse(formatCarrier({ ...span, tracestate: 'a=1', baggage: 'k=v' }))).toEqual({
      traceparent: GOOD,
      tracestate: 'a=1',
      baggage: 'k=v',
    });
  });

  test('past 1023 bytes loses baggage first, then tracestate, and never the span', () => {
    const state = `a=${'x'.repeat(250)},b=${'x'.repeat(240)}`;
    expect(JSON.parse(formatCarrier({ ...span, tracestate: state, baggage: 'y'.repeat(450) }))).toEqual({
      traceparent: GOOD,
      tracestate: state,
    });
    // Each quote is two bytes of JSON.
    const quotes = `a=1,b=${'"'.repeat(240)},c=${'"'.repeat(250)}`;
    expect(JSON.parse(formatCarrier({ ...span, tracestate: quotes, baggage: 'y' }))).toEqual({
      traceparent: GOOD,
      tracestate: `a=1,b=${'"'.repeat(240)}`,
    });
  });

  test('is under 1024 bytes to the byte', () => {
    const overhead = Buffer.byteLength(formatCarrier({ ...span, baggage: 'y' })) - 1;
    const fits = formatCarrier({ ...span, baggage: 'y'.repeat(1023 - overhead) });
    expect(Buffer.byteLength(fits)).toBe(1023);
    expect(formatCarrier({ ...span, baggage: 'y'.repeat(1024 - overhead) })).not.toContain('baggage');
  });

  test('reads back what was written', () => {
    const hex = (length: number) =>
      fc
        .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
        .filter((text) => /[^0]/.test(text));
    const value = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 100 });
    const tracestate = fc.constantFrom('a=1', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', '1tenant@system=x y');
    const carriers = fc.record(
      { traceId: hex(32), spanId: hex(16), sampled: fc.boolean(), tracestate, baggage: value },
      { requiredKeys: ['traceId', 'spanId', 'sampled'] },
    );
    fc.assert(
      fc.property(carriers, (carrier) => {
        expect(parseCarrier(formatCarrier(carrier))).toEqual(carrier);
        expect(formatTraceparent(carrier)).toHaveLength(55);
      }),
    );
  });
});
