import { expect, test } from '@jest/globals';

import { retryInfoMs } from '../../../../../shared/tracing/exporters/retry-info.ts';

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const bytes = (field: number, content: number[]): number[] => [field * 8 + 2, ...varint(content.length), ...content];
const number = (field: number, value: number): number[] => [field * 8, ...varint(value)];
const text = (value: string): number[] => [...Buffer.from(value)];

/** A google.rpc.Status with one detail. */
export function statusWith(type: string, delay: number[]): Buffer {
  const any = [...bytes(1, text(`type.googleapis.com/${type}`)), ...bytes(2, bytes(1, delay))];
  return Buffer.from([...number(1, 14), ...bytes(2, text('away')), ...bytes(3, any)]);
}

test.each([
  ['seconds', [...number(1, 7)], 7000],
  ['seconds and nanoseconds', [...number(1, 1), ...number(2, 500_000_000)], 1500],
  ['thirty days', [...number(1, 2_592_000)], 60_000],
  ['no time', [], undefined],
])('RetryInfo with %s', (_what, delay, expected) => {
  expect(retryInfoMs(statusWith('google.rpc.RetryInfo', delay))).toBe(expected);
});

test('other details, none, and invalid bytes give no delay', () => {
  expect(retryInfoMs(statusWith('google.rpc.ErrorInfo', number(1, 7)))).toBeUndefined();
  expect(retryInfoMs(undefined)).toBeUndefined();
  expect(retryInfoMs(Buffer.alloc(0))).toBeUndefined();
  expect(retryInfoMs(Buffer.from([0x1a, 0xff]))).toBeUndefined();
});
