import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';

import { silentLogger } from '../../shared/runtime/log.ts';
import type { ExporterSettings } from '../../shared/tracing/exporters/settings.ts';
import { LIFECYCLE_SERVICE, serviceResource } from '../../shared/tracing/resource.ts';
import { SpanKind, SpanStatusCode, toReadableSpan } from '../../shared/tracing/span-record.ts';
import { readTelemetry } from '../../shared/tracing/telemetry.ts';
import { createPemFiles } from '../unit/shared/tracing/exporters/pem-files.ts';
import type { PemFiles } from '../unit/shared/tracing/exporters/pem-files.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';

const RESOURCE = 'deployment.environment.name=ci,k8s.cluster.name=a%20b';

let pem: PemFiles;
let plain: Jaeger;
let secure: Jaeger;
const files = { ca: '', cert: '', key: '' };
beforeAll(async () => {
  pem = await createPemFiles();
  files.ca = await pem.write('ca.pem', pem.authority.certPem);
  files.cert = await pem.write('client.pem', pem.client.certPem);
  files.key = await pem.write('client-key.pem', pem.client.keyPem);
  const certFile = await pem.write('server.pem', pem.server.certPem);
  const keyFile = await pem.write('server-key.pem', pem.server.keyPem);
  [plain, secure] = await Promise.all([
    startJaeger(),
    startJaeger({ tls: { certFile, keyFile, clientCaFile: files.ca } }),
  ]);
});
afterAll(async () => {
  await Promise.all([plain, secure].map((jaeger) => jaeger.stop()));
  await pem.remove();
});

/** Sends a span as the variables (and flags) say, and returns its trace id. */
async function sendWith(variables: Record<string, string>, settings: ExporterSettings = {}): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]),
  );
  const { sink, spans } = await readTelemetry(settings, { ...env, OTEL_RESOURCE_ATTRIBUTES: RESOURCE }, silentLogger);
  const traceId = randomBytes(16).toString('hex');
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'RUN build',
    kind: SpanKind.SERVER,
    startMs: Date.now() - 1000,
    endMs: Date.now(),
    attributes: {},
    status: { code: SpanStatusCode.UNSET },
    events: [],
    links: [],
  };
  const resource = serviceResource(LIFECYCLE_SERVICE, 'cluster-a', spans.resourceAttributes);
  try {
    await sink?.send([toReadableSpan(span, resource, spans.limits)]);
  } finally {
    await sink?.close();
  }
  return traceId;
}

interface Shown {
  spans: { operationName: string }[];
  processes: Record<string, { serviceName: string; tags: { key: string; value: unknown }[] }>;
}

/** What Jaeger's query API shows of a trace: names of spans, and the attributes of their resource. */
async function shownIn(
  jaeger: Jaeger,
  traceId: string,
): Promise<{ names: string[]; resource: Record<string, unknown> }> {
  const response = await fetch(`${jaeger.queryUrl}/api/traces/${traceId}`);
  const { data } = (await response.json()) as { data: Shown[] };
  const [trace] = data;
  const [process] = Object.values(trace?.processes ?? {});
  return {
    names: trace?.spans.map(({ operationName }) => operationName) ?? [],
    resource: Object.fromEntries(process?.tags.map(({ key, value }) => [key, value]) ?? []),
  };
}

const base = (url: string): string => url.replace(/\/v1\/traces$/, '');
const certificates = (): Record<string, string> => ({
  CERTIFICATE: files.ca,
  CLIENT_CERTIFICATE: files.cert,
  CLIENT_KEY: files.key,
});

describe('the real Jaeger has the span, with the resource attributes of the environment,', () => {
  const expected = {
    names: ['RUN build'],
    resource: { 'deployment.environment.name': 'ci', 'k8s.cluster.name': 'a b', 'host.name': 'cluster-a' },
  };

  test.each([
    ['http/protobuf', {}],
    ['http/protobuf', { COMPRESSION: 'gzip' }],
    ['http/json', { COMPRESSION: 'gzip' }],
    ['grpc', {}],
    ['grpc', { COMPRESSION: 'gzip' }],
  ])('after %s %j', async (PROTOCOL, more) => {
    const ENDPOINT = PROTOCOL === 'grpc' ? plain.grpcUrl : base(plain.otlpUrl);
    const traceId = await sendWith({ ENDPOINT, PROTOCOL, ...more });
    expect(await shownIn(plain, traceId)).toMatchObject(expected);
  });

  test('after Jaeger Thrift', async () => {
    expect(await shownIn(plain, await sendWith({}, { collectorUrl: plain.thriftUrl }))).toMatchObject(expected);
  });

  test.each(['http/protobuf', 'http/json', 'grpc'])('after %s with gzip and mutual TLS', async (PROTOCOL) => {
    const ENDPOINT = PROTOCOL === 'grpc' ? secure.grpcUrl : base(secure.otlpUrl);
    const traceId = await sendWith({ ENDPOINT, PROTOCOL, COMPRESSION: 'gzip', ...certificates() });
    expect(await shownIn(secure, traceId)).toMatchObject(expected);
  });
});

describe('the real Jaeger refuses', () => {
  test.each(['http/protobuf', 'grpc'])('%s without a client certificate', async (PROTOCOL) => {
    const ENDPOINT = PROTOCOL === 'grpc' ? secure.grpcUrl : base(secure.otlpUrl);
    await expect(sendWith({ ENDPOINT, PROTOCOL, CERTIFICATE: files.ca })).rejects.toMatchObject({
      name: 'ExportError',
      retryable: true,
    });
  });

  test('a base URL that already ends in /v1/traces, which is explained', async () => {
    await expect(sendWith({ ENDPOINT: plain.otlpUrl })).rejects.toMatchObject({
      retryable: false,
      message: expect.stringMatching(/answered 404: OTEL_EXPORTER_OTLP_ENDPOINT is a base URL/),
    });
  });

  test('HTTP at the port of gRPC, which is explained', async () => {
    await expect(sendWith({ ENDPOINT: plain.grpcUrl })).rejects.toMatchObject({
      message: expect.stringContaining('OTEL_EXPORTER_OTLP_PROTOCOL=grpc'),
    });
  });
});
