import type { Logger } from '../../runtime/log.ts';
import { resolveCollector } from './collector.ts';
import { openCredentials } from './credentials.ts';
import type { CredentialFiles } from './credentials.ts';
import type { Environment } from '../environment.ts';
import { createOtlpSink } from './otlp.ts';
import type { ExporterSettings } from './settings.ts';
import type { SpanSink } from './sink.ts';
import { warnOfUnsupported } from './unsupported.ts';

/** Warns about certificates without TLS: the user expects encrypted spans. */
function warnOfPlainText({ ca, cert, key }: CredentialFiles, url: URL, log: Logger): void {
  const settings = [ca, cert, key].filter((file) => file !== undefined).map(({ source }) => source);
  if (url.protocol === 'https:' || settings.length === 0) return;
  log.warn('certificates are not used: the URL of the collector is without TLS (http://)', {
    settings: settings.join(', '),
  });
}

/**
 * The sink for the collector of flags and environment; undefined if they set none, or disable tracing. Throws ExporterSettingsError for invalid
 * settings and files.
 */
export async function createSink(
  settings: ExporterSettings,
  env: Environment,
  log: Logger,
): Promise<SpanSink | undefined> {
  const collector = resolveCollector(settings, env, log);
  if (!collector) return undefined;
  warnOfUnsupported(env, log);
  if (collector.kind === 'jaeger') {
    // Loaded only on use, like gRPC: the libraries slow the start noticeably.
    const { createJaegerSink } = await import('./jaeger.ts');
    return createJaegerSink({ url: collector.url });
  }
  const { url, protocol, compression, timeoutMs, notFoundHint, headers, files } = collector;
  const credentials = await openCredentials(files, headers, log);
  warnOfPlainText(files, url, log);
  const { userAgent } = settings;
  const common = {
    url,
    credentials,
    compression,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(userAgent !== undefined && { userAgent }),
  };
  if (protocol === 'grpc') {
    const { createOtlpGrpcSink } = await import('./otlp-grpc.ts');
    return createOtlpGrpcSink(common);
  }
  return createOtlpSink({ ...common, notFoundHint, encoding: protocol === 'http/json' ? 'json' : 'protobuf' });
}
