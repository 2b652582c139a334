import { expect, test } from '@jest/globals';
import { formatDuration } from '../../../../local/viewer/duration.ts';

test.each([
  [0, '0 ms'],
  [0.25, '0.25 ms'],
  [9.5, '9.5 ms'],
  [9.999, '10 ms'],
  [340.4, '340 ms'],
  [999.6, '1.00 s'],
  [1240, '1.24 s'],
  [59_994, '59.99 s'],
  [59_996, '1 m 00 s'],
  [192_000, '3 m 12 s'],
  [3_599_600, '1 h 00 m'],
  [7_500_000, '2 h 05 m'],
])('%d ms reads %p', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
