import { validateHeaderName, validateHeaderValue } from 'node:http';

import { createOtlpSink } from './otlp.ts';
import type { SpanSink } from './sink.ts';

export interface ExporterSettings {
  /** `--jaeger-collector-url` (TEP-0124); wins over the environment. */
  collectorUrl?: string;
  /** `--exporter`: settles what the URL leaves open. */
  protocol?: 'otlp' | 'jaeger';
  timeoutMs?: number;
}

type Environment = Record<string, string | undefined>;

/** Thrown for settings that can't be meant; the message says which and what to do. */
export class ExporterSettingsError extends Error {
  override readonly name = 'ExporterSettingsError';
}

function parseUrl(text: string, source: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ExporterSettingsError(
      `${source}: not a URL: expected http(s)://HOST:4318/v1/traces (OTLP) or http(s)://HOST:14268/api/traces (Jaeger Thrift)`,
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ExporterSettingsError(`${source}: ${url.protocol}// is not supported: use http:// or https://`);
  decoded(url.username + url.password, `${source}: user and password`);
  return url;
}

function fromEnvironment(env: Environment): { text: string; source: string; complete: boolean } | undefined {
  const traces = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (traces) return { text: traces, source: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', complete: true };
  const all = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  return all ? { text: all, source: 'OTEL_EXPORTER_OTLP_ENDPOINT', complete: false } : undefined;
}

function decoded(text: string, source: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ExporterSettingsError(`${source}: a % has to be followed by two hexadecimal digits (%25 for a % itself)`);
  }
}

/** `key=value,key=value` with percent-encoded values (OpenTelemetry's OTLP exporter specification). Messages never repeat a value: it may be a token. */
function headersFrom(env: Environment): Record<string, string> {
  const source = env.OTEL_EXPORTER_OTLP_TRACES_HEADERS
    ? 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'
    : 'OTEL_EXPORTER_OTLP_HEADERS';
  const pairs = (env[source] ?? '').split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair, index): [string, string] => {
      const at = pair.indexOf('=');
      const where = `${source}: entry ${index + 1}`;
      if (at < 1) throw new ExporterSettingsError(`${where}: expected key=value`);
      const key = pair.slice(0, at).trim().toLowerCase();
      const value = decoded(pair.slice(at + 1).trim(), where);
      try {
        validateHeaderName(key);
        validateHeaderValue(key, value);
      } catch {
        throw new ExporterSettingsError(`${where}: not a valid HTTP header`);
      }
      return [key, value];
    }),
  );
}

/** The protocol a collector URL speaks of itself: by path, then by port; undefined when neither tells. */
export function protocolOf(url: URL): 'otlp' | 'jaeger' | undefined {
  if (url.pathname.endsWith('/v1/traces')) return 'otlp';
  if (url.pathname.endsWith('/api/traces')) return 'jaeger';
  if (url.port === '4318') return 'otlp';
  if (url.port === '14268') return 'jaeger';
  return undefined;
}

/**
 * The sink that flag and environment ask for; undefined when neither names a collector, and then nothing is recorded at all.
 * Throws ExporterSettingsError for a URL whose protocol can't be told.
 */
export async function createSink(
  settings: ExporterSettings,
  env: Environment = process.env,
): Promise<SpanSink | undefined> {
  const timeoutMs = settings.timeoutMs;
  if (!settings.collectorUrl) {
    const endpoint = fromEnvironment(env);
    if (!endpoint) return undefined;
    const url = parseUrl(endpoint.text, endpoint.source);
    if (!endpoint.complete) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/traces`;
    return createOtlpSink({ url, headers: headersFrom(env), timeoutMs });
  }
  const url = parseUrl(settings.collectorUrl, '--jaeger-collector-url');
  const protocol = settings.protocol ?? protocolOf(url);
  if (!protocol) {
    throw new ExporterSettingsError(
      `--jaeger-collector-url: can't tell the protocol of ${url.protocol}//${url.host}${url.pathname}: end it in /v1/traces (OTLP) or /api/traces (Jaeger Thrift), or add --exporter=otlp|jaeger`,
    );
  }
  if (url.pathname === '/') url.pathname = protocol === 'otlp' ? '/v1/traces' : '/api/traces';
  if (protocol === 'otlp') return createOtlpSink({ url, headers: headersFrom(env), timeoutMs });
  // Loaded only when asked for: its Thrift library takes a noticeable part of the start.
  const { createJaegerSink } = await import('./jaeger.ts');
  return createJaegerSink({ url, timeoutMs });
}
