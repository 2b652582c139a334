import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { boundedRetryMs } from './answer.ts';

/** A destination of spans. */
export interface SpanSink {
  /**
   * Resolves when the collector has accepted all of `spans`. Throws ExportError if it has not, or may not have, and EncodingError for spans that can't be
   * encoded. Any other error came before the request (a renewed credential file that can't be used); `exportErrorOf` says what it means.
   */
  send(spans: ReadableSpan[], signal?: AbortSignal): Promise<void>;
  /** The collector's URL without credentials, for messages. */
  readonly target: string;
  close(): Promise<void>;
}

/** Thrown if a collector did not accept spans. */
export class ExportError extends Error {
  /** False if the same request would be refused again (a 4xx response, a partial success). */
  readonly retryable: boolean;
  /** At most a minute, whatever the collector asks for. */
  readonly retryAfterMs: number | undefined;
  /** How many spans of an accepted request were rejected (OTLP's partial success); undefined if the whole request was. */
  readonly rejected: number | undefined;

  constructor(
    message: string,
    options: { retryable: boolean; rejected?: number; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = 'ExportError';
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs === undefined ? undefined : boundedRetryMs(options.retryAfterMs);
    this.rejected = options.rejected;
  }
}

/** Thrown if spans can't be encoded: the collector did not get them. */
export class EncodingError extends ExportError {
  constructor(target: string, cause?: unknown) {
    super(`${target}: the spans can't be encoded`, { retryable: false, cause });
  }
}

/** Encodes spans. Throws EncodingError if the serializer throws, or returns nothing. */
export function encode(
  serializer: { serializeRequest: (spans: ReadableSpan[]) => Uint8Array | undefined },
  spans: ReadableSpan[],
  target: string,
): Uint8Array {
  let encoded: Uint8Array | undefined;
  try {
    encoded = serializer.serializeRequest(spans);
  } catch (error) {
    throw new EncodingError(target, error);
  }
  if (!encoded) throw new EncodingError(target);
  return encoded;
}

/**
 * An error of `SpanSink.send`, as ExportError. One that is none is not about these spans, but about what this process needs to send any: a file that
 * may be renewed, a limit that may pass. So the spans are kept and sent again, with one warning; they would be lost for a mistake that is soon mended.
 */
export function exportErrorOf(error: unknown): ExportError {
  if (error instanceof ExportError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ExportError(message, { retryable: true, cause: error });
}

/** A refusal's message without the number of spans: equal for refusals with the same cause. */
export function refusalOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\d+ of \d+ spans/, 'spans');
}

/** The `authorization` header of a URL's user and password; undefined if it has none. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

/**
 * The spans that an OTLP response refuses (partial success); undefined if it accepts all. An invalid body accepts all: some collectors write text,
 * and OTLP makes the status binding.
 */
export function refusedSpans(
  read: () => { partialSuccess?: { rejectedSpans?: number | string; errorMessage?: string } },
): { count: number; message: string } | undefined {
  try {
    const { partialSuccess } = read() ?? {};
    const count = Number(partialSuccess?.rejectedSpans ?? 0);
    return count > 0 ? { count, message: partialSuccess?.errorMessage ?? '' } : undefined;
  } catch {
    return undefined;
  }
}

/** A URL for messages: without user, password and query. */
export function publicUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
