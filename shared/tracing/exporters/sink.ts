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
  /** The request was accepted, but for some of its spans (OTLP's partial success). */
  readonly partial: boolean;

  constructor(
    message: string,
    options: { retryable: boolean; partial?: boolean; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = 'ExportError';
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
    this.partial = options.partial ?? false;
  }
}

/** What a refusal says apart from how many spans it concerns: equal for two that have the same cause. */
export function refusalOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\d+ of \d+ spans/, 'spans');
}

/** The `authorization` that user and password of a URL make; undefined when it has none. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

/**
 * The spans that an answer of OTLP refuses (partial success); undefined when it accepts all. An answer that can't be read accepts them: some
 * collectors write text, and the status is what OTLP makes binding.
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

/** A URL fit for a message: no user, password, query. */
export function publicUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
