import { expect, test } from '@jest/globals';

import { canonicalQuantity, quantityNanos, quantityProblem } from '../../../../../local/apiserver/schema/quantities.ts';

test.each([
  ['0.5', '500m'],
  ['1000m', '1'],
  ['1000', '1k'],
  ['12345', '12345'],
  ['-1', '-1'],
  ['+5', '5'],
  ['0', '0'],
  ['1e3', '1e3'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.1Ki', '102400m'],
  ['0.0000000001', '1n'],
  ['-0.0000000011', '-2n'],
  ['1.10000000000', '1100m'],
  ['0.000', '0'],
  ['-100', '-100'],
  ['1e999999999', '1e999999999'],
])('%s is written as %s', (given, written) => {
  expect(canonicalQuantity(given)).toBe(written);
});

test.each([
  ['1n', 1n],
  ['0.0000000001', 1n],
  ['-0.0000000011', -2n],
  ['100m', 100_000_000n],
  ['1.5', 1_500_000_000n],
  ['1Ki', 1_024_000_000_000n],
  ['1e-3', 1_000_000n],
  ['9007199254740993', 9_007_199_254_740_993_000_000_000n],
  ['1e-999999999', 1n],
  ['1e999999999', 10n ** 1009n],
])('%s is so many billionths: %s', (text, nanos) => {
  expect(quantityNanos(text)).toBe(nanos);
});

test.each(['much', '', ' 1', '1kk'])('%j has no value', (text) => {
  expect(() => quantityNanos(text)).toThrow(/quantit/);
});

test.each(['much', '1.2.3', '', {}, []])('%j is no quantity', (value) => {
  expect(quantityProblem(value)).toMatch(/must match/);
});

test('a suffix that nothing is measured in is reported', () => {
  expect(quantityProblem('1kk')).toBe("unable to parse quantity's suffix");
});

test('long texts are read at once', () => {
  const many = '1'.repeat(1_000_000);
  expect(quantityProblem(`${many}x`)).toMatch(/must match/);
  expect(canonicalQuantity(`0.${many}`)).toBe('111111112n');
  expect(canonicalQuantity(`1${'0'.repeat(1_000_000)}`)).toBe(`10e${999_999}`);
});
