import { expect, test } from '@jest/globals';

import { retryDelayMs } from '../../../../../shared/kubernetes/client/retry.ts';
import { ApiError, ConnectionError } from '../../../../../shared/kubernetes/errors.ts';
import { fc } from '../../../../support/property.ts';

const answer = (status: number, retryAfterMs?: number): ApiError => new ApiError('GET /x', status, {}, retryAfterMs);
const lost = (code: string, sent: boolean): ConnectionError =>
  new ConnectionError('GET /x', Object.assign(new Error(code), { code }), sent);
const always = (): number => 0.5;
const isRetried = (error: unknown, method = 'GET', failures = 1): boolean =>
  retryDelayMs(error, method, failures, always) !== undefined;

test.each([
  ['429 with Retry-After', answer(429, 1000), true],
  ['500 with Retry-After', answer(500, 1000), true],
  ['503 with Retry-After', answer(503, 0), true],
  ['429 without', answer(429), false],
  ['503 without', answer(503), false],
  ['404 with Retry-After', answer(404, 1000), false],
  ['503 for an hour', answer(503, 3_600_000), false],
  ['a refused connection', lost('ECONNREFUSED', false), true],
  ['a reset connection', lost('ECONNRESET', true), true],
  ['an unknown host', lost('ENOTFOUND', false), false],
  ['a wrong certificate', lost('ERR_TLS_CERT_ALTNAME_INVALID', false), false],
  ['an answer that is no JSON', new ConnectionError('GET /x', 'not JSON'), false],
  ['an error of ours', new TypeError('x'), false],
])('a GET that met %s: sent again %s', (_name, error, expected) => {
  expect(isRetried(error)).toBe(expected);
});

test('a write is retried only if the server asked for it, or can not have received it', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    expect(isRetried(answer(429, 1000), method)).toBe(true);
    expect(isRetried(lost('ECONNREFUSED', false), method)).toBe(true);
    expect(isRetried(lost('ECONNRESET', true), method)).toBe(false);
  }
});

test('a connection is tried three times in all', () => {
  expect([1, 2, 3].map((failures) => isRetried(lost('ECONNREFUSED', false), 'GET', failures))).toEqual([
    ...[true, true, false],
  ]);
});

test('never earlier than asked for, and little later', () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 30 }), random, (seconds, chance) => {
      const delayMs = retryDelayMs(answer(429, seconds * 1000), 'POST', 1, () => chance) ?? NaN;
      expect(delayMs).toBeGreaterThanOrEqual(seconds * 1000);
      expect(delayMs).toBeLessThanOrEqual(seconds * 1200 + 10);
    }),
  );
});
