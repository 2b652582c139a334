import { describe, expect, test } from '@jest/globals';

import { resolveCollector } from '../../../../../shared/tracing/exporters/collector.ts';
import type { Collector } from '../../../../../shared/tracing/exporters/collector.ts';
import type { ExporterSettings } from '../../../../../shared/tracing/exporters/settings.ts';
import { logLines } from '../log-lines.ts';

type Otlp = Extract<Collector, { kind: 'otlp' }>;

/** Variables without their common beginning. */
const otlp = (variables: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]));

function resolve(env: Record<string, string>, settings: ExporterSettings = {}) {
  const { log, lines } = logLines();
  const collector = resolveCollector(settings, env, log) as Otlp | undefined;
  return { collector, href: collector?.url.href, lines };
}

const refusal = (env: Record<string, string>, settings: ExporterSettings = {}): string => {
  try {
    resolve(env, settings);
  } catch (error) {
    expect(error).toMatchObject({ name: 'ExporterSettingsError' });
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
};

describe('whether spans are sent', () => {
  const endpoint = otlp({ ENDPOINT: 'http://e:4318' });

  test.each(['true', 'TRUE', ' True '])(
    'OTEL_SDK_DISABLED=%s: nowhere, even where a flag names a collector',
    (value) => {
      const env = { ...endpoint, OTEL_SDK_DISABLED: value };
      expect(resolve(env)).toMatchObject({ collector: undefined, lines: [] });
      const { collector, lines } = resolve(env, { collectorUrl: 'http://f:4318' });
      expect(collector).toBeUndefined();
      expect(lines).toMatchObject([{ level: 'warn', flag: '--jaeger-collector-url' }]);
    },
  );

  test.each([
    ['false', 0],
    ['', 0],
    ['1', 1],
    ['yes', 1],
  ])('OTEL_SDK_DISABLED=%p leaves it on; warnings: %i', (value, warnings) => {
    const { href, lines } = resolve({ ...endpoint, OTEL_SDK_DISABLED: value });
    expect(href).toBe('http://e:4318/v1/traces');
    expect(lines).toHaveLength(warnings);
  });

  test.each(['none', 'NONE', 'none,none'])('OTEL_TRACES_EXPORTER=%s: nowhere', (value) => {
    expect(resolve({ ...endpoint, OTEL_TRACES_EXPORTER: value }).collector).toBeUndefined();
  });

  test('a collector that a flag names wins over OTEL_TRACES_EXPORTER', () => {
    for (const value of ['none', 'console'])
      expect(resolve({ OTEL_TRACES_EXPORTER: value }, { collectorUrl: 'http://f:4318' }).href).toBe(
        'http://f:4318/v1/traces',
      );
  });

  test.each([
    ['otlp', {}, 'http://localhost:4318/v1/traces'],
    ['otlp,otlp', {}, 'http://localhost:4318/v1/traces'],
    ['OTLP', otlp({ PROTOCOL: 'grpc' }), 'http://localhost:4317/'],
    ['otlp', endpoint, 'http://e:4318/v1/traces'],
    ['', endpoint, 'http://e:4318/v1/traces'],
  ])('OTEL_TRACES_EXPORTER=%p with %j: %s', (value, env, expected) => {
    expect(resolve({ ...env, OTEL_TRACES_EXPORTER: value }).href).toBe(expected);
  });

  test.each([
    ['console', '--trace-out'],
    ['jaeger', ':14268/api/traces'],
    ['zipkin', 'OpenTelemetry Collector'],
    ['otlp,console', '--trace-out'],
    ['otlp,none', 'set otlp or none'],
    ['mine', 'set otlp or none'],
  ])('OTEL_TRACES_EXPORTER=%s is refused with what to set', (value, instead) => {
    const message = refusal({ ...endpoint, OTEL_TRACES_EXPORTER: value });
    expect(message).toContain(`OTEL_TRACES_EXPORTER: ${JSON.stringify(value)} is not supported: set otlp or none`);
    expect(message).toContain(instead);
  });

  test('nothing else that is set names a collector', () => {
    expect(resolve(otlp({ PROTOCOL: 'grpc', HEADERS: 'a=b', ENDPOINT: '  ' })).collector).toBeUndefined();
  });
});

describe('the protocol', () => {
  test.each([
    [otlp({ ENDPOINT: 'http://e:4318' }), {}, 'http/protobuf'],
    [otlp({ ENDPOINT: 'http://e:4317' }), {}, 'http/protobuf'],
    [otlp({ ENDPOINT: 'http://e:4317', PROTOCOL: 'grpc' }), {}, 'grpc'],
    [otlp({ ENDPOINT: 'http://e:4317', PROTOCOL: 'GRPC' }), {}, 'grpc'],
    [otlp({ ENDPOINT: 'http://e:4318', PROTOCOL: 'grpc', TRACES_PROTOCOL: 'http/json' }), {}, 'http/json'],
    [otlp({ ENDPOINT: 'http://e:4318', PROTOCOL: 'http/json' }), { otlpProtocol: 'http/protobuf' }, 'http/protobuf'],
    [{}, { collectorUrl: 'http://f:4317' }, 'grpc'],
    [{}, { collectorUrl: 'http://f:4318' }, 'http/protobuf'],
    [otlp({ PROTOCOL: 'grpc' }), { collectorUrl: 'http://f:4318' }, 'grpc'],
    [otlp({ PROTOCOL: 'http/json' }), { collectorUrl: 'http://f:4317' }, 'http/json'],
    [{}, { collectorUrl: 'http://f:9999', otlpProtocol: 'grpc' }, 'grpc'],
    [{}, { collectorUrl: 'http://f:9999', otlpProtocol: 'http/json' }, 'http/json'],
  ] as [Record<string, string>, ExporterSettings, string][])('%j %j: %s', (env, settings, expected) => {
    const { collector, lines } = resolve(env, settings);
    expect(collector?.protocol).toBe(expected);
    expect(lines).toEqual([]);
  });

  test('a path in the flag means HTTP: a variable with gRPC gives a warning', () => {
    const { collector, lines } = resolve(otlp({ PROTOCOL: 'grpc' }), { collectorUrl: 'http://f:4318/v1/traces' });
    expect(collector?.protocol).toBe('http/protobuf');
    expect(lines).toMatchObject([{ level: 'warn', variable: 'OTEL_EXPORTER_OTLP_PROTOCOL' }]);
  });

  test.each(['http', 'http/thrift', 'grpc/json'])('%s is refused with the list', (value) => {
    expect(refusal(otlp({ ENDPOINT: 'http://e', TRACES_PROTOCOL: value }))).toBe(
      `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "${value}" is not one of http/protobuf, http/json, grpc`,
    );
  });
});

describe('the endpoint over HTTP', () => {
  test.each([
    ['http://e:4318', 'http://e:4318/v1/traces'],
    ['http://e/', 'http://e/v1/traces'],
    ['https://e/base', 'https://e/base/v1/traces'],
    ['http://e:4318/v1/traces', 'http://e:4318/v1/traces/v1/traces'],
  ])('the base %s: %s', (value, expected) => {
    expect(resolve(otlp({ ENDPOINT: value })).href).toBe(expected);
  });

  test.each([
    ['http://e:4318', 'http://e:4318/'],
    ['http://e/exact/', 'http://e/exact/'],
    ['http://e/v1/traces', 'http://e/v1/traces'],
  ])('that of traces is used as it is: %s', (value, expected) => {
    expect(resolve(otlp({ ENDPOINT: 'http://base', TRACES_ENDPOINT: value })).href).toBe(expected);
  });

  test('the explanation of a 404 names the variable and what to set', () => {
    const hint = (env: Record<string, string>, settings?: ExporterSettings): string | undefined =>
      resolve(env, settings).collector?.notFoundHint;
    expect(hint(otlp({ ENDPOINT: 'http://e:4318/v1/traces' }))).toMatch(
      /OTEL_EXPORTER_OTLP_ENDPOINT is a base URL.*take \/v1\/traces off it, or set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT/,
    );
    expect(hint(otlp({ ENDPOINT: 'http://e:4318' }))).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(hint(otlp({ TRACES_ENDPOINT: 'http://e:4318' }))).toMatch(
      /OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, which usually ends in \/v1\/traces and is used as it is/,
    );
    expect(hint({}, { collectorUrl: 'http://e:4318/v1/traces' })).toContain('--jaeger-collector-url');
  });
});

describe('the endpoint over gRPC', () => {
  test.each([
    ['http://e:4317', 'http://e:4317/'],
    ['https://e:4317', 'https://e:4317/'],
    ['http://e', 'http://e:4317/'],
    ['https://e/', 'https://e:4317/'],
    ['https://e:443', 'https://e/'],
    ['http://e:80', 'http://e/'],
    ['http://[::1]', 'http://[::1]:4317/'],
    ['https://user:pass@e', 'https://user:pass@e:4317/'],
    ['e:4317', 'https://e:4317/'],
    ['localhost', 'https://localhost:4317/'],
  ])('%s: %s', (value, expected) => {
    expect(resolve(otlp({ ENDPOINT: value, PROTOCOL: 'grpc' })).href).toBe(expected);
  });

  test.each([
    ['e:4317', 'http://e:4317/'],
    ['https://e:4317', 'https://e:4317/'],
  ])('OTEL_EXPORTER_OTLP_INSECURE=true with %s: %s', (value, expected) => {
    expect(resolve(otlp({ ENDPOINT: value, PROTOCOL: 'grpc', INSECURE: 'true' })).href).toBe(expected);
  });

  test.each([
    ['unix:///run/otel.sock', 'unix sockets are not supported: use http://HOST:4317'],
    ['unix:/run/otel.sock', 'unix sockets are not supported'],
    ['dns:///e:4317', 'dns:// is not supported'],
    ['http://e:4317/v1/traces', 'has a path, and gRPC has none'],
    ['e:port', 'not a URL: expected http://HOST:4317'],
  ])('%s is refused', (value, message) => {
    expect(refusal(otlp({ TRACES_ENDPOINT: value, TRACES_PROTOCOL: 'grpc' }))).toContain(
      `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ${message}`,
    );
  });

  test('a flag that names a path and gRPC is refused', () => {
    expect(refusal({}, { collectorUrl: 'http://e:4317/v1/traces', otlpProtocol: 'grpc' })).toContain('has a path');
  });
});

describe('the other settings', () => {
  const base = { ENDPOINT: 'https://e:4318' };

  test('have the defaults of the specification', () => {
    expect(resolve(otlp(base)).collector).toMatchObject({ compression: 'none', timeoutMs: undefined, headers: {} });
  });

  test('variables of traces win over the general ones, and empty ones count as unset', () => {
    const env = otlp({
      ...base,
      TIMEOUT: '1000',
      TRACES_TIMEOUT: '2000',
      COMPRESSION: 'gzip',
      TRACES_COMPRESSION: '',
      HEADERS: 'a=1',
      TRACES_HEADERS: 'b=two%20words',
      CERTIFICATE: '/ca',
      TRACES_CERTIFICATE: '/traces-ca',
      CLIENT_CERTIFICATE: '/cert',
      CLIENT_KEY: '/key',
    });
    expect(resolve(env).collector).toMatchObject({
      timeoutMs: 2000,
      compression: 'gzip',
      headers: { b: 'two words' },
      files: {
        ca: { path: '/traces-ca', source: 'OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE' },
        cert: { path: '/cert', source: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE' },
        key: { path: '/key', source: 'OTEL_EXPORTER_OTLP_CLIENT_KEY' },
      },
    });
  });

  test('flags win over all of them', () => {
    const env = otlp({
      ...base,
      TIMEOUT: '1',
      COMPRESSION: 'gzip',
      HEADERS: 'a=1',
      CERTIFICATE: '/ca',
      CLIENT_CERTIFICATE: '/cert',
      CLIENT_KEY: '/key',
    });
    const flags: ExporterSettings = {
      collectorUrl: 'https://f:4318',
      timeoutMs: 3000,
      compression: 'none',
      caFile: '/f-ca',
      clientCertFile: '/f-cert',
      clientKeyFile: '/f-key',
      headersFile: '/f-headers',
    };
    expect(resolve(env, flags)).toMatchObject({
      href: 'https://f:4318/v1/traces',
      collector: {
        timeoutMs: 3000,
        compression: 'none',
        headers: {},
        files: {
          ca: { path: '/f-ca', source: '--otlp-ca-file' },
          cert: { path: '/f-cert', source: '--otlp-client-cert-file' },
          key: { path: '/f-key', source: '--otlp-client-key-file' },
          headers: { path: '/f-headers', source: '--otlp-headers-file' },
        },
      },
    });
  });

  test.each([
    ['0', 2 ** 31 - 1],
    ['1', 1],
  ])('a timeout of %s: %i ms (0 is no limit)', (value, expected) => {
    expect(resolve(otlp({ ...base, TIMEOUT: value })).collector?.timeoutMs).toBe(expected);
  });

  test.each(['10s', '-1', '1.5', '1e9', '99999999999'])('a timeout of %s is warned of, and not used', (value) => {
    const { collector, lines } = resolve(otlp({ ...base, TIMEOUT: value }));
    expect(collector?.timeoutMs).toBeUndefined();
    expect(lines).toMatchObject([{ level: 'warn', variable: 'OTEL_EXPORTER_OTLP_TIMEOUT', value }]);
  });

  test('a compression that is none is refused with the list', () => {
    expect(refusal(otlp({ ...base, COMPRESSION: 'zstd' }))).toBe(
      'OTEL_EXPORTER_OTLP_COMPRESSION: "zstd" is not one of gzip, none',
    );
  });

  test('Jaeger Thrift takes none of the OTLP flags, and no notice of the variables', () => {
    const collectorUrl = 'http://f:14268/api/traces';
    expect(refusal({}, { collectorUrl, compression: 'gzip' })).toContain('--otlp-compression: Jaeger Thrift');
    expect(resolve(otlp({ COMPRESSION: 'zstd', PROTOCOL: 'x' }), { collectorUrl })).toMatchObject({
      collector: { kind: 'jaeger' },
      lines: [],
    });
  });

  test('--exporter=jaeger alone names no collector', () => {
    expect(refusal(otlp(base), { protocol: 'jaeger' })).toContain('--jaeger-collector-url');
  });
});
