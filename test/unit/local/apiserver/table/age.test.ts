import { expect, test } from '@jest/globals';
import { age, humanDuration } from '../../../../../local/apiserver/table/age.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [0, '0s'],
  [119_000, '119s'],
  [2 * MINUTE, '2m'],
  [9 * MINUTE + 5000, '9m5s'],
  [179 * MINUTE, '179m'],
  [3 * HOUR + 5 * MINUTE, '3h5m'],
  [47 * HOUR, '47h'],
  [3 * DAY + 4 * HOUR, '3d4h'],
  [30 * DAY, '30d'],
  [800 * DAY, '2y70d'],
])('%d ms is %s', (durationMs, text) => {
  expect(humanDuration(durationMs)).toBe(text);
});

test('no time, no age', () => {
  expect(age(undefined, new Date())).toBe('<unknown>');
});
