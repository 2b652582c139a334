import { expect, test } from '@jest/globals';

import { durationNanos } from '../../../../../local/apiserver/schema/durations.ts';

const SECOND = 1_000_000_000n;

test.each([
  ['0', 0n],
  ['1h30m', 5400n * SECOND],
  ['-1.5s', (-3n * SECOND) / 2n],
  ['.5ms', 500_000n],
  ['1µs2ns', 1_002n],
  ['3 days', 3n * 86_400n * SECOND],
  ['2 Weeks and 1hr', (14n * 86_400n + 3600n) * SECOND],
  ['1h0', 3600n * SECOND],
  ['1 2s', 2n * SECOND],
])('%s', (text, nanos) => {
  expect(durationNanos(text)).toBe(nanos);
});

test.each(['', 'soon', '3', '3 parsecs', '3 µ', '9999999999999999999s', '1 constructor'])('%j is none', (text) => {
  expect(durationNanos(text)).toBeUndefined();
});

test('long texts are read at once', () => {
  expect(durationNanos('1m'.repeat(500_000))).toBe(30_000_000n * SECOND);
  expect(durationNanos(`${'1m'.repeat(500_000)}?`)).toBe(30_000_000n * SECOND);
  expect(durationNanos('0'.repeat(1_000_000))).toBeUndefined();
  expect(durationNanos(`1${' '.repeat(1_000_000)}`)).toBeUndefined();
});
