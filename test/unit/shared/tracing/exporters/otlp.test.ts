import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { gunzipSync } from 'node:zlib';

import { decodeTracesProtobuf } from '../../../../../shared/otlp/decode-protobuf.ts';
import type { OtlpOptions } from '../../../../../shared/tracing/exporters/otlp.ts';
import { createOtlpSink } from '../../../../../shared/tracing/exporters/otlp.ts';
import { startCollector, status, testSpan } from './collector.ts';
import type { Collector } from './collector.ts';

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector();
});
afterEach(() => collector.close());

async function send(options: { path?: string } & Omit<OtlpOptions, 'url'> = {}, signal?: AbortSignal): Promise<void> {
  const { path = '/v1/traces', ...rest } = options;
  const sink = createOtlpSink({ url: collector.url(path), ...rest });
  try {
    await sink.send([testSpan('a'), testSpan('b')], signal);
  } finally {
    await sink.close();
  }
}

test('spans arrive as protobuf at the exact URL, with the headers', async () => {
  await send({ path: '/v1/traces?tenant=1', headers: { authorization: 'Bearer t' } });
  const [request] = collector.requests;
  expect(request).toMatchObject({
    path: '/v1/traces?tenant=1',
    headers: { 'content-type': 'application/x-protobuf', authorization: 'Bearer t' },
  });
  const { resourceSpans } = decodeTracesProtobuf(request?.body ?? Buffer.alloc(0));
  const spans = resourceSpans?.flatMap(({ scopeSpans }) => scopeSpans?.flatMap((scope) => scope.spans ?? []) ?? []);
  expect(spans?.map((span) => span.name)).toEqual(['a', 'b']);
});

test('user and password of the URL are sent as Basic, decoded', async () => {
  const url = collector.url('/v1/traces');
  url.username = 'us er';
  url.password = 'p@ss';
  const sink = createOtlpSink({ url });
  await sink.send([testSpan('a')]);
  await sink.close();
  expect(collector.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('us er:p@ss').toString('base64')}`);
});

test('a partial success is not accepted and not retried', async () => {
  // ExportTraceServiceResponse{partial_success{rejected_spans: 1, error_message: "no"}}
  collector.answers = [status(200, {}, Uint8Array.from([0x0a, 6, 0x08, 1, 0x12, 2, 0x6e, 0x6f]))];
  await expect(send()).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining('refused 1 of 2 spans: no'),
  });
});

test.each([
  ['empty', ''],
  ['JSON', '{}'],
  ['text', 'accepted'],
])('a 200 whose answer is %s is an acceptance', async (_what, text) => {
  collector.answers = [status(200, {}, Buffer.from(text))];
  await send();
});

test.each([
  [400, false],
  [401, false],
  [404, false],
  [413, false],
  [302, false],
  [500, false],
  [408, true],
  [429, true],
  [502, true],
  [503, true],
  [504, true],
])('%i is not accepted; retryable: %s', async (code, retryable) => {
  collector.answers = [status(code, { location: 'http://elsewhere/' })];
  await expect(send()).rejects.toMatchObject({
    name: 'ExportError',
    retryable,
    message: `${collector.url('/v1/traces').href}: answered ${code}`,
  });
});

test.each([
  ['7', 7000],
  ['2592000', 60_000],
  [new Date(Date.now() + 3_600_000).toUTCString(), 60_000],
])('Retry-After %s is handed on as %i ms', async (header, retryAfterMs) => {
  collector.answers = [status(503, { 'retry-after': header })];
  await expect(send()).rejects.toMatchObject({ retryable: true, retryAfterMs });
});

test('a 200 with a web page is no acceptance: a user interface answers everything with its page', async () => {
  collector.answers = [status(200, { 'content-type': 'text/html; charset=utf-8' }, Buffer.from('<!DOCTYPE html>'))];
  await expect(send()).rejects.toMatchObject({
    message: expect.stringContaining('a user interface is there') as unknown as string,
    retryable: false,
  });
});

test('compressed JSON has its headers, and its partial success is read', async () => {
  const answer = { partialSuccess: { rejectedSpans: '1', errorMessage: 'too old' } };
  collector.answers = [status(200, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(answer)))];
  await expect(send({ encoding: 'json', compression: 'gzip', userAgent: 'tektrace/1' })).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining('refused 1 of 2 spans: too old'),
  });
  const [request] = collector.requests;
  expect(request?.headers).toMatchObject({
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'user-agent': 'tektrace/1',
  });
  expect(JSON.parse(gunzipSync(request?.body ?? '').toString())).toMatchObject({ resourceSpans: [{}, {}] });
});

test('a warning in an answer that refuses no span is an acceptance', async () => {
  // ExportTraceServiceResponse{partial_success{error_message: "no"}}
  collector.answers = [status(200, {}, Uint8Array.from([0x0a, 4, 0x12, 2, 0x6e, 0x6f]))];
  await send();
});

test('a refusal has the collector’s text, without the request’s secrets', async () => {
  collector.answers = [status(401, { 'content-type': 'text/plain' }, Buffer.from('unknown token s3cret\n'))];
  await expect(send({ headers: { token: 's3cret' } })).rejects.toMatchObject({
    message: `${collector.url('/v1/traces').href}: answered 401: unknown token ***`,
  });
});

test('a 404 is explained', async () => {
  collector.answers = [status(404, { 'content-type': 'text/plain' }, Buffer.from('404 page not found'))];
  await expect(send({ notFoundHint: 'take it off' })).rejects.toMatchObject({
    retryable: false,
    message: `${collector.url('/v1/traces').href}: answered 404: take it off`,
  });
});

test('headers that are ours can not be set from outside', async () => {
  await send({ headers: { 'content-type': 'text/plain', 'content-length': '1' } });
  expect(collector.requests[0]?.headers['content-type']).toBe('application/x-protobuf');
});

test('a collector that never answers is given up in time', async () => {
  collector.answers = [() => undefined];
  await expect(send({ timeoutMs: 50 })).rejects.toMatchObject({
    retryable: true,
    message: expect.stringContaining('no response within 50 ms'),
  });
});

test('an abort ends a request under way', async () => {
  const stop = new AbortController();
  collector.answers = [() => stop.abort(new Error('shut down'))];
  await expect(send({}, stop.signal)).rejects.toMatchObject({ retryable: true });
});

test('a connection that breaks is to be tried again', async () => {
  collector.answers = [(response) => response.destroy()];
  await expect(send()).rejects.toMatchObject({ name: 'ExportError', retryable: true });
});

test('an answer without end is cut off', async () => {
  collector.answers = [status(200, {}, Buffer.alloc(5 << 20))];
  await expect(send()).rejects.toMatchObject({ message: expect.stringContaining('longer than 4 MiB') });
});

test('a collector that is not there is to be tried again', async () => {
  const url = collector.url('/v1/traces');
  const gone = await startCollector();
  url.port = gone.url('/').port;
  await gone.close();
  const sink = createOtlpSink({ url });
  await expect(sink.send([testSpan('a')])).rejects.toMatchObject({
    retryable: true,
    message: expect.stringContaining('ECONNREFUSED'),
  });
  await sink.close();
});

test('spans that can not be encoded are not sent, and need no retry', async () => {
  const broken = Object.create(testSpan('a'), { endTime: { value: undefined } }) as ReturnType<typeof testSpan>;
  const sink = createOtlpSink({ url: collector.url('/v1/traces') });
  await expect(sink.send([broken])).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining("can't be encoded"),
  });
  expect(collector.requests).toEqual([]);
  await sink.close();
});
