import { describe, expect, test } from '@jest/globals';

import { publicText, retryAfterMs, withHint } from '../../../../../shared/tracing/exporters/answer.ts';

const now = Date.parse('2026-01-01T00:00:00Z');

describe('Retry-After', () => {
  test.each([
    ['7', 7000],
    [' 7 ', 7000],
    ['60', 60_000],
    ['3600', 60_000],
    ['2592000', 60_000],
    ['99999999999999999999999', 60_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Sat, 01 Jan 2050 00:00:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 23:59:59 GMT', undefined],
    ['0', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%p: %p ms', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});

test('a collector’s text becomes one short line without the secrets of the request', () => {
  expect(publicText('bad token s3cret\r\n\u001b[31mtry again', ['s3cret', ''])).toBe('bad token *** [31mtry again');
  expect(publicText('x'.repeat(1000), [])).toHaveLength(301);
  expect(publicText('invalid token abc.def, Bearer abc.def', ['Bearer abc.def'])).toBe('invalid token ***, ***');
});

test.each([
  ['self-signed certificate in certificate chain', '--otlp-ca-file'],
  ['unable to verify the first certificate', '--otlp-ca-file'],
  ['unable to get local issuer certificate', '--otlp-ca-file'],
  ['error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required', '--otlp-client-cert-file'],
  ['error:0A00010B:SSL routines:ssl3_get_record:wrong version number', 'http:// instead of https://'],
  ['Parse Error: Expected HTTP/, RTSP/ or ICE/', 'gRPC'],
])('%s gets advice', (text, hint) => {
  expect(withHint(text)).toContain(`${text}: `);
  expect(withHint(text)).toContain(hint);
});

test('an unknown error stays unchanged', () => {
  expect(withHint('connect ECONNREFUSED 127.0.0.1:4318')).toBe('connect ECONNREFUSED 127.0.0.1:4318');
});

test('of OpenSSL’s message about a plain port only the reason stays, before the hint', () => {
  const said =
    'write EPROTO 408D491F597F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/openssl/openssl/ssl/record/methods/tlsany_meth.c:77:\n';
  expect(withHint(said)).toBe(
    'wrong version number: the collector does not speak TLS at this port: use http:// instead of https://',
  );
});
