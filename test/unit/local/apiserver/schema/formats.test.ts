import { expect, test } from '@jest/globals';

import { hasFormat } from '../../../../../local/apiserver/schema/formats.ts';

test.each([
  ['date-time', '2030-01-02T03:04:05.123Z', '2030-02-30T03:04:05Z'],
  ['date-time', '2030-01-02t03:04:05z', '2030-01-02 03:04:05Z'],
  ['date', '2028-02-29', '2029-02-29'],
  ['duration', '1h30m', 'soon'],
  ['duration', '3 days', '3 parsecs'],
  ['uri', 'https://a.dev/b', 'a b'],
  ['email', 'Me <me@a.dev>', 'me'],
  ['hostname', 'a.dev', 'a..dev'],
  ['ipv4', '10.0.0.1', '10.0.0.256'],
  ['ipv6', '::1', '10.0.0.1'],
  ['cidr', '10.0.0.0/8', '10.0.0.0/33'],
  ['mac', '00:11:22:33:44:55', '00:11:22:33:44'],
  ['uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99'],
  ['uuid4', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'a0eebc99-9c0b-1ef8-bb6d-6bb9bd380a11'],
  ['byte', 'YWJj', 'YWJ'],
  ['k8s-short-name', 'a-b', 'a.b'],
  ['k8s-long-name', 'a.b', 'A.b'],
])('%s: %j, and not %j', (format, right, wrong) => {
  expect(hasFormat(format, right)).toBe(true);
  expect(hasFormat(format, wrong)).toBe(false);
});

test.each(['int-or-star', '__proto__', 'hasOwnProperty', 'constructor'])(
  '%s, which is not checked, says nothing',
  (format) => {
    expect(hasFormat(format, '*')).toBe(true);
  },
);
