import { describe, expect, test } from '@jest/globals';

import { fit, growth } from '../../../bench/memory/trend.ts';
import type { Sample } from '../../../bench/memory/trend.ts';

const samples = (count: number, bytes: (runs: number) => number): Sample[] =>
  Array.from({ length: count + 1 }, (_, index) => ({ runs: index * 100, bytes: bytes(index * 100) }));

test('the line through samples that lie on one is that line', () => {
  const line = fit(samples(10, (runs) => 500 + 2 * runs));
  expect(line?.slope).toBeCloseTo(2);
  expect(line?.start).toBeCloseTo(500);
});

describe('growth from a quarter of the runs to the end', () => {
  test.each<[string, (runs: number) => number, number]>([
    ['is none where the use stays', () => 1000, 0],
    ['is none where it goes up and down alike', (runs) => (runs % 200 === 0 ? 1100 : 900), 0],
    ['does not see the warm-up', (runs) => (runs < 1000 ? 10 + runs : 1000), 0],
    ['is what a leak adds', (runs) => 1000 + runs / 4, 0.6],
    ['is less than none where the use falls', (runs) => 2000 - runs / 8, -0.2],
  ])('%s', (_what, bytes, expected) => expect(growth(samples(40, bytes))).toBeCloseTo(expected, 1));

  test('is not known from a few samples', () => {
    expect(growth(samples(3, () => 1))).toBeUndefined();
    expect(growth([])).toBeUndefined();
  });
});
