import { generateKeyPairSync } from 'node:crypto';

import { expect, test } from '@jest/globals';

import { createLogger } from '../../../../shared/runtime/log.ts';
import { redacted } from '../../../../shared/runtime/redact.ts';

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const token = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.${'b-_'.repeat(20)}`;

test.each([
  ['a private key', `cannot read ${privateKey}`, 'cannot read [redacted]\n'],
  ['a bearer token', 'Authorization: Bearer 0123456789abcdef0123', 'Authorization: Bearer [redacted]'],
  ['basic credentials', 'authorization: basic dXNlcjpwYXNzd29yZA==', 'authorization: basic [redacted]'],
  ['a service account’s token', `token ${token} expired`, 'token [redacted] expired'],
  [
    'a user and password in a URL',
    'POST https://me:p%40ss@host:4318/v1/traces',
    'POST https://[redacted]@host:4318/v1/traces',
  ],
  ['a password with an @', 'http://me:p@ss@host/', 'http://[redacted]@host/'],
  ['a private key that was cut', `${privateKey.slice(0, 90)}… "x"`, '[redacted]… "x"'],
  ['a token after a dash', `sa-${token}`, 'sa-[redacted]'],
])('%s is left out', (_what, text, expected) => {
  expect(redacted(text)).toBe(expected);
});

test.each([
  'bearer authentication is not configured',
  'GET https://host:4318/v1/traces?user=a@b.test failed',
  'a@b.test created a run',
  'ssh://git@host.test/a/b.git',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
])('what is no secret stays: %s', (text) => {
  expect(redacted(text)).toBe(text);
});

// With a time that grows with the square of the length, each of these would take minutes.
test.each([
  ['a word without a space', 'a.'.repeat(500_000)],
  ['many beginnings of a URL', 'a://'.repeat(250_000)],
  ['many beginnings of a token', '-eyJ'.repeat(250_000)],
  ['tokens without their last part', `${'eyJ'.repeat(9)}.b.`.repeat(30_000)],
  ['many beginnings of a key', '-----BEGIN A PRIVATE '.repeat(40_000)],
  ['white space after a scheme', `bearer${' '.repeat(1000)}`.repeat(1000)],
])('a megabyte of %s stays, and is read once', (_what, text) => {
  expect(redacted(text) === text).toBe(true);
});

test('a megabyte of private keys without an end is left out', () => {
  expect(redacted('-----BEGIN PRIVATE KEY-----\n'.repeat(40_000))).toBe('[redacted]');
});

test('in a line of the log: in message, fields, causes and stack, in both formats', () => {
  const error = new Error('GET https://me:secret@host/x', { cause: new Error(`sent Bearer ${token}`) });
  for (const format of ['json', 'text'] as const) {
    const lines: string[] = [];
    const log = createLogger({ format, level: 'debug', write: (line) => void lines.push(line) });
    log.error('failed', { error, key: privateKey });
    const text = lines.join('');
    expect(text).not.toContain('secret');
    expect(text).not.toContain(token);
    expect(text).not.toContain(privateKey.split('\n')[1]);
    if (format === 'json') expect(JSON.parse(text)).toMatchObject({ message: 'failed', key: '[redacted]\n' });
  }
});
