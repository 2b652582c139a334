import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Metadata, status } from '@grpc/grpc-js';

import { decodeTracesProtobuf } from '../../../../../shared/otlp/decode-protobuf.ts';
import { createLogger, silentLogger } from '../../../../../shared/runtime/log.ts';
import { createSink } from '../../../../../shared/tracing/exporters/factory.ts';
import type { ExporterSettings } from '../../../../../shared/tracing/exporters/settings.ts';
import { testSpan } from './collector.ts';
import { startGrpcCollector } from './grpc-collector.ts';
import type { GrpcCollector } from './grpc-collector.ts';

let collector: GrpcCollector;
beforeEach(async () => {
  collector = await startGrpcCollector();
});
afterEach(() => collector.close());

async function send(settings: ExporterSettings = {}, env: Record<string, string> = {}, signal?: AbortSignal) {
  const collectorUrl = `http://${collector.address}`;
  const sink = await createSink({ collectorUrl, otlpProtocol: 'grpc', ...settings }, env, silentLogger);
  try {
    await sink?.send([testSpan('a'), testSpan('b')], signal);
  } finally {
    await sink?.close();
  }
}

/** A google.rpc.Status with a RetryInfo of `seconds`. */
function retryInfo(seconds: number): Metadata {
  const type = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
  const any = [0x0a, type.length, ...type, 0x12, 4, 0x0a, 2, 0x08, seconds];
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from([0x1a, any.length, ...any]));
  return metadata;
}

describe('a call', () => {
  test.each(['none', 'gzip'] as const)(
    'has the spans as protobuf (compression %s), and the headers',
    async (compression) => {
      await send({ compression, userAgent: 'tektrace/1' }, { OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20t' });
      const [request] = collector.requests;
      expect(request?.metadata.getMap()).toMatchObject({ authorization: 'Bearer t' });
      expect(request?.metadata.get('user-agent')[0]).toMatch(/^tektrace\/1 /);
      const { resourceSpans } = decodeTracesProtobuf(request?.body ?? Buffer.alloc(0));
      const spans = resourceSpans?.flatMap(({ scopeSpans }) => scopeSpans?.flatMap((scope) => scope.spans ?? []) ?? []);
      expect(spans?.map((span) => span.name)).toEqual(['a', 'b']);
    },
  );

  test('has user and password of the URL as Basic', async () => {
    await send({ collectorUrl: `http://us%20er:p@${collector.address}` });
    const basic = `Basic ${Buffer.from('us er:p').toString('base64')}`;
    expect(collector.requests[0]?.metadata.get('authorization')).toEqual([basic]);
  });

  test('with a header that gRPC does not take is refused at the start, without its value', async () => {
    const failed = send({}, { OTEL_EXPORTER_OTLP_HEADERS: 'x-name=s%C3%A9cret' });
    await expect(failed).rejects.toMatchObject({ name: 'ExporterSettingsError' });
    await expect(failed).rejects.toThrow('x-name');
    await expect(failed).rejects.not.toThrow('cret');
  });
});

test('a partial success is not accepted and not retried', async () => {
  collector.answers = [(answer) => answer(null, Buffer.from([0x0a, 6, 0x08, 1, 0x12, 2, 0x6e, 0x6f]))];
  await expect(send()).rejects.toMatchObject({
    retryable: false,
    message: `http://${collector.address}: refused 1 of 2 spans: no`,
  });
});

describe('a status', () => {
  test.each([
    ['CANCELLED', true],
    ['DEADLINE_EXCEEDED', true],
    ['ABORTED', true],
    ['OUT_OF_RANGE', true],
    ['UNAVAILABLE', true],
    ['DATA_LOSS', true],
    ['RESOURCE_EXHAUSTED', false],
    ['UNKNOWN', false],
    ['INVALID_ARGUMENT', false],
    ['NOT_FOUND', false],
    ['ALREADY_EXISTS', false],
    ['PERMISSION_DENIED', false],
    ['FAILED_PRECONDITION', false],
    ['UNIMPLEMENTED', false],
    ['INTERNAL', false],
    ['UNAUTHENTICATED', false],
  ] as const)('%s is no acceptance; to be tried again: %s', async (name, retryable) => {
    collector.answers = [(answer) => answer({ code: status[name], details: 'so it is' })];
    await expect(send()).rejects.toMatchObject({ name: 'ExportError', retryable, retryAfterMs: undefined });
  });

  test('has the collector’s text, without the request’s secrets', async () => {
    collector.answers = [(answer) => answer({ code: status.UNAUTHENTICATED, details: 'no such token: s3cret\n' })];
    await expect(send({}, { OTEL_EXPORTER_OTLP_HEADERS: 'token=s3cret' })).rejects.toMatchObject({
      message: `http://${collector.address}: UNAUTHENTICATED: no such token: ***`,
    });
  });

  test('is in the log without them, too', async () => {
    collector.answers = [(answer) => answer({ code: status.UNAUTHENTICATED, details: 'no such token: s3cret, p4ssword' })]; // prettier-ignore
    const lines: string[] = [];
    const log = createLogger({ level: 'debug', write: (line) => void lines.push(line) });
    const collectorUrl = `http://user:p4ssword@${collector.address}`;
    const env = { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20s3cret' };
    const error = await send({ collectorUrl }, env).catch((reason: unknown) => reason);
    log.warn('refused', { error });
    expect(lines.join('')).toContain('UNAUTHENTICATED: no such token: ***, ***');
    expect(lines.join('')).not.toMatch(/s3cret|p4ssword/);
  });

  test.each(['RESOURCE_EXHAUSTED', 'UNAVAILABLE'] as const)('%s with RetryInfo waits as long', async (name) => {
    collector.answers = [(answer) => answer({ code: status[name], details: '', metadata: retryInfo(7) })];
    await expect(send()).rejects.toMatchObject({ retryable: true, retryAfterMs: 7000 });
  });
});

test('a collector that never answers is given up in time', async () => {
  collector.answers = [() => undefined];
  await expect(send({ timeoutMs: 50 })).rejects.toMatchObject({
    retryable: true,
    message: expect.stringContaining('no response within 50 ms'),
  });
});

test('an abort ends a call under way', async () => {
  const stop = new AbortController();
  collector.answers = [() => stop.abort(new Error('shut down'))];
  await expect(send({}, {}, stop.signal)).rejects.toMatchObject({ retryable: true });
});

test('a collector that is not there is to be tried again', async () => {
  collector.close();
  await expect(send()).rejects.toMatchObject({ retryable: true, message: expect.stringContaining('ECONNREFUSED') });
});
