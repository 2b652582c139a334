import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

/** Where spans go. */
export interface SpanSink {
  /** Resolves once the collector has accepted all of `spans`; throws ExportError when it has not, or may not have. */
  send(spans: ReadableSpan[], signal?: AbortSignal): Promise<void>;
  /** The collector's URL without credentials, for messages. */
  readonly target: string;
  close(): Promise<void>;
}

/** Thrown when a collector did not accept spans. */
export class ExportError extends Error {
  /** False when the same request can only be refused again (a 4xx answer, spans rejected one by one). */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { retryable: boolean; retryAfterMs?: number; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'ExportError';
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A URL fit for a message: no user, password, query. */
export function publicUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
