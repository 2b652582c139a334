import { describe, expect, test } from '@jest/globals';

import {
  ApiError,
  ConnectionError,
  isAlreadyExists,
  isConflict,
  isGone,
  isNotFound,
} from '../../../../shared/kubernetes/errors.ts';

describe('kinds of errors', () => {
  const answers = {
    notFound: new ApiError('GET', 404, { reason: 'NotFound' }),
    conflict: new ApiError('PUT', 409, { reason: 'Conflict' }),
    exists: new ApiError('POST', 409, { reason: 'AlreadyExists' }),
    gone: new ApiError('GET', 410, { reason: 'Expired' }),
    unreachable: new ConnectionError('GET', new Error('refused')),
    other: new Error('404'),
  };
  test.each([
    ['isNotFound', isNotFound, ['notFound']],
    ['isConflict', isConflict, ['conflict']],
    ['isAlreadyExists', isAlreadyExists, ['exists']],
    ['isGone', isGone, ['gone']],
  ])('%s', (_name, is, expected) => {
    const matching = Object.entries(answers).filter(([, error]) => is(error));
    expect(matching.map(([name]) => name)).toEqual(expected);
  });
});

test('messages have the request and the error', () => {
  expect(new ApiError('GET /x', 403, { message: 'no' }).message).toBe('GET /x: 403 no');
  expect(new ApiError('GET /x', 503, {}).message).toBe('GET /x: 503 no message');
  const cause = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
  expect(new ConnectionError('GET https://host/x', cause).message).toBe('GET https://host/x: ECONNREFUSED');
});
