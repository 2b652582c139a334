import { describe, expect, test } from '@jest/globals';

import { silentLogger } from '../../../../../shared/runtime/log.ts';
import { protocolOf } from '../../../../../shared/tracing/exporters/endpoint.ts';
import { createSink } from '../../../../../shared/tracing/exporters/factory.ts';

async function target(
  collectorUrl?: string,
  env: Record<string, string> = {},
  protocol?: 'otlp' | 'jaeger',
): Promise<string | undefined> {
  const sink = await createSink(
    { ...(collectorUrl && { collectorUrl }), ...(protocol && { protocol }) },
    env,
    silentLogger,
  );
  await sink?.close();
  return sink?.target;
}

describe('the protocol of a URL', () => {
  test.each([
    ['http://c:4318/v1/traces', 'otlp'],
    ['http://c:4318', 'otlp'],
    ['http://c:4317', 'otlp'],
    ['https://c/prefix/v1/traces', 'otlp'],
    ['http://c:14268/api/traces', 'jaeger'],
    ['http://c:14268', 'jaeger'],
    // The path says more than the port.
    ['http://c:4318/api/traces', 'jaeger'],
    ['http://c:9999', undefined],
    ['http://c:16686/search', undefined],
  ])('%s: %s', (url, protocol) => {
    expect(protocolOf(new URL(url))).toBe(protocol);
  });
});

describe('where spans go', () => {
  test.each([
    ['http://c:4318', 'http://c:4318/v1/traces'],
    ['http://c:14268', 'http://c:14268/api/traces'],
    ['http://c:4318/prefix/v1/traces', 'http://c:4318/prefix/v1/traces'],
    ['http://user:secret@c:4318/v1/traces?token=x', 'http://c:4318/v1/traces'],
  ])('%s → %s, and no message has a credential', async (url, expected) => {
    expect(await target(url)).toBe(expected);
  });

  test('without flag and environment: nowhere', async () => {
    expect(await target()).toBeUndefined();
    expect(await target(undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toBeUndefined();
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://e:4318' }, 'http://e:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://e/base/' }, 'http://e/base/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/exact' }, 'http://t/exact'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://e', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://t/x' }, 'http://t/x'],
  ])('%j → %s', async (env, expected) => {
    expect(await target(undefined, env as Record<string, string>)).toBe(expected);
  });

  test('the flag wins over the environment', async () => {
    expect(await target('http://f:4318', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://e:4318' })).toBe(
      'http://f:4318/v1/traces',
    );
  });

  test.each([
    ['otlp', 'http://c:9999/v1/traces'],
    ['jaeger', 'http://c:9999/api/traces'],
  ] as const)('--exporter=%s settles a URL that does not tell', async (protocol, expected) => {
    expect(await target('http://c:9999', {}, protocol)).toBe(expected);
  });
});

describe('an invalid setting is an error that says what to do', () => {
  test.each([
    ['nonsense', '--jaeger-collector-url: not a URL'],
    ['c:4318', '--jaeger-collector-url: c:// is not supported'],
    ['grpc://c:4317', 'use http:// or https://'],
    ['http://c:9999', "can't tell the protocol of http://c:9999/: end it in /v1/traces"],
    ['http://a%zz:b@c:4318', 'user and password: a % has to be followed by two hexadecimal digits'],
  ])('%s', async (url, message) => {
    await expect(target(url)).rejects.toMatchObject({
      name: 'ExporterSettingsError',
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ['a%zz=1', ''],
    ['authorization=%zz-token', 'entry 1: a % has to be followed'],
    ['authorization', 'entry 1: expected key=value'],
    ['a=1,=b', 'entry 2: expected key=value'],
    ['a=1,b c=token', 'entry 2: not a valid HTTP header'],
    ['a=%0Atoken', 'entry 1: not a valid HTTP header'],
  ])('headers %p', async (text, message) => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://e:4318', OTEL_EXPORTER_OTLP_HEADERS: text };
    const sink = target(undefined, env);
    if (message === '') return void (await expect(sink).resolves.toBe('http://e:4318/v1/traces'));
    await expect(sink).rejects.toMatchObject({
      name: 'ExporterSettingsError',
      message: expect.stringContaining(message),
    });
    await expect(sink).rejects.toMatchObject({ message: expect.not.stringContaining('token') });
  });
});
