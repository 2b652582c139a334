import type { Logger } from '../../runtime/log.ts';
import { resolveCollector } from './collector.ts';
import { openCredentials } from './credentials.ts';
import type { CredentialFiles } from './credentials.ts';
import type { Environment } from '../environment.ts';
import { createOtlpSink } from './otlp.ts';
import type { ExporterSettings } from './settings.ts';
import type { SpanSink } from './sink.ts';
import { warnOfUnsupported } from './unsupported.ts';

/** Certificates mean nothing without TLS: said, because somebody thinks that the spans are encrypted. */
function warnOfPlainText({ ca, cert, key }: CredentialFiles, url: URL, log: Logger): void {
  const settings = [ca, cert, key].filter((file) => file !== undefined).map(({ source }) => source);
  if (url.protocol === 'https:' || settings.length === 0) return;
  log.warn('certificates are not used: the URL of the collector is without TLS (http://)', {
    settings: settings.join(', '),
  });
}

/**
 * The sink that flags and environment ask for; undefined when they name no collector or switch tracing off: then nothing is sent.
 * Throws ExporterSettingsError for settings that can't be meant and for files that can't be used.
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
    // Loaded only when asked for, as gRPC is: their libraries take a noticeable part of the start.
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
