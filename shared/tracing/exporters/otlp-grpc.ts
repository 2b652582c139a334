import { Client, ChannelCredentials, compressionAlgorithms, Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { publicText, withHint } from './answer.ts';
import type { Credentials, CredentialSet } from './credentials.ts';
import { retryInfoMs } from './retry-info.ts';
import { ExporterSettingsError } from './settings.ts';
import { basicAuthorization, encode, ExportError, publicUrl, refusedSpans } from './sink.ts';
import type { SpanSink } from './sink.ts';

export interface OtlpGrpcOptions {
  /** `http://HOST:PORT` without TLS, `https://HOST:PORT` with it. */
  url: URL;
  /** Returns headers and certificates; called before each request. */
  credentials: Credentials;
  compression?: 'gzip' | 'none';
  timeoutMs?: number;
  userAgent?: string;
}

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Retryable codes (OTLP 1.x, "Failures" of OTLP/gRPC). RESOURCE_EXHAUSTED is retryable only with RetryInfo. */
const RETRYABLE = [
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
];

/** Delay before gRPC connects again. Its default grows to two minutes, longer than our retries. */
const RECONNECT_MS = { first: 250, max: 15_000 };

const identity = (bytes: Buffer): Buffer => bytes;

/** Throws ExporterSettingsError with the name of a header that gRPC does not allow, without its value. */
function metadataOf(headers: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) {
    try {
      metadata.set(key, key.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    } catch {
      throw new ExporterSettingsError(`the header ${key}: gRPC takes printable ASCII only`);
    }
  }
  return metadata;
}

/**
 * OTLP over gRPC. The SDK's exporter only logs a partial success and retries by itself. So this one makes the call itself: status, RetryInfo and
 * refused spans decide what was accepted. A proxy in the environment is not used, as for OTLP over HTTP. Throws ExporterSettingsError for a header
 * that gRPC does not allow.
 */
export async function createOtlpGrpcSink(options: OtlpGrpcOptions): Promise<SpanSink> {
  const { url, credentials, compression = 'none', timeoutMs = 10_000, userAgent } = options;
  const target = publicUrl(url).replace(/\/$/, '');
  const address = `${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`;
  const basic = basicAuthorization(url);

  function connect({ ca, cert, key, headers }: CredentialSet): { client: Client; metadata: Metadata } {
    const buffer = (pem: string | undefined): Buffer | null => (pem === undefined ? null : Buffer.from(pem));
    const channel =
      url.protocol === 'https:'
        ? ChannelCredentials.createSsl(buffer(ca), buffer(key), buffer(cert))
        : ChannelCredentials.createInsecure();
    const metadata = metadataOf({ ...(basic !== undefined && { authorization: basic }), ...headers });
    const client = new Client(address, channel, {
      'grpc.enable_http_proxy': 0,
      'grpc.initial_reconnect_backoff_ms': RECONNECT_MS.first,
      'grpc.max_reconnect_backoff_ms': RECONNECT_MS.max,
      ...(userAgent !== undefined && { 'grpc.primary_user_agent': userAgent }),
      ...(compression === 'gzip' && { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }),
    });
    return { client, metadata };
  }

  let set = await credentials();
  let connection = connect(set);

  /** Changed credentials open a new connection; running calls finish on the old one. */
  async function current(): Promise<typeof connection> {
    const now = await credentials();
    if (now !== set) {
      const next = connect(now);
      connection.client.close();
      connection = next;
      set = now;
    }
    return connection;
  }

  async function call(body: Buffer, signal: AbortSignal | undefined): Promise<Buffer> {
    const { client, metadata } = await current();
    return new Promise((resolve, reject) => {
      const abort = (): void => request.cancel();
      const deadline = Date.now() + timeoutMs;
      const request = client.makeUnaryRequest(
        EXPORT,
        identity,
        identity,
        body,
        metadata,
        { deadline },
        (error, answer) => {
          signal?.removeEventListener('abort', abort);
          if (error) reject(error);
          else resolve(answer ?? Buffer.alloc(0));
        },
      );
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
    });
  }

  const secrets = (): string[] => [
    ...Object.values(set.headers),
    ...(basic === undefined ? [] : [basic, decodeURIComponent(url.password)]),
  ];

  function failure(error: ServiceError): ExportError {
    const retryAfterMs = retryInfoMs(error.metadata?.get('grpc-status-details-bin')[0]);
    const waits = error.code === status.RESOURCE_EXHAUSTED && retryAfterMs !== undefined;
    const late = error.code === status.DEADLINE_EXCEEDED ? `no response within ${timeoutMs} ms` : undefined;
    const text =
      late ??
      withHint(`${status[error.code]}: ${publicText(error.details.replace(/ Resolution note: *$/, ''), secrets())}`);
    return new ExportError(`${target}: ${text}`, {
      retryable: waits || RETRYABLE.includes(error.code),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      // No cause: the log would print its message, with what the text leaves out.
    });
  }

  async function send(spans: ReadableSpan[], signal?: AbortSignal): Promise<void> {
    const body = encode(ProtobufTraceSerializer, spans, target);
    const answer = await call(Buffer.from(body), signal).catch((error: unknown) => {
      throw isServiceError(error) ? failure(error) : error;
    });
    const refused = refusedSpans(() => ProtobufTraceSerializer.deserializeResponse(answer));
    if (refused)
      throw new ExportError(
        `${target}: refused ${refused.count} of ${spans.length} spans: ${publicText(refused.message, secrets())}`,
        { retryable: false, rejected: refused.count },
      );
  }

  return { send, target, close: async () => connection.client.close() };
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && typeof (error as Partial<ServiceError>).code === 'number';
}
