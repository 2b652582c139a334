import http from 'node:http';
import https from 'node:https';

import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { ExportError, publicUrl } from './sink.ts';
import type { SpanSink } from './sink.ts';

export interface OtlpOptions {
  url: URL;
  /** Sent with each request (`authorization`, tenant ids). */
  headers?: Record<string, string>;
  timeoutMs?: number;
}

/** OTLP 1.x: these answers may be tried again. */
const RETRYABLE = [429, 502, 503, 504];
const MAX_ANSWER_BYTES = 1 << 20;

interface Answer {
  status: number;
  body: Buffer;
  retryAfterMs?: number;
}

/**
 * OTLP over HTTP with protobuf. The transport is our own, because the lifecycle sender must know what was accepted: the exact
 * status, and the spans that a 200 answer refuses (partial success), which the SDK's exporter only logs.
 */
export function createOtlpSink({ url, headers = {}, timeoutMs = 10_000 }: OtlpOptions): SpanSink {
  const target = publicUrl(url);
  const transport = url.protocol === 'https:' ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: 4 });
  const basic = url.username
    ? {
        authorization: `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`,
      }
    : {};

  function post(body: Buffer, signal: AbortSignal | undefined): Promise<Answer> {
    const limit = AbortSignal.timeout(timeoutMs);
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(
          new ExportError(
            `${target}: ${limit.aborted ? `no answer within ${timeoutMs} ms` : error.message || (error as NodeJS.ErrnoException).code}`,
            { retryable: true, cause: error },
          ),
        );
      const request = transport.request(
        url,
        {
          method: 'POST',
          agent,
          auth: undefined,
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
          headers: {
            'content-type': 'application/x-protobuf',
            'content-length': body.byteLength,
            ...basic,
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.byteLength;
            if (size > MAX_ANSWER_BYTES) request.destroy(new Error('the answer is longer than 1 MiB'));
            else chunks.push(chunk);
          });
          response.on('error', fail);
          response.on('end', () => {
            const seconds = Number(response.headers['retry-after']);
            resolve({
              status: response.statusCode ?? 0,
              body: Buffer.concat(chunks),
              ...(seconds > 0 && { retryAfterMs: seconds * 1000 }),
            });
          });
        },
      );
      request.on('error', fail);
      request.end(body);
    });
  }

  async function send(spans: ReadableSpan[], signal?: AbortSignal): Promise<void> {
    const body = ProtobufTraceSerializer.serializeRequest(spans);
    if (!body) throw new ExportError(`${target}: the spans could not be encoded`, { retryable: false });
    const answer = await post(Buffer.from(body), signal);
    if (answer.status !== 200) {
      const retryable = RETRYABLE.includes(answer.status);
      throw new ExportError(`${target}: answered ${answer.status}`, {
        retryable,
        ...(answer.retryAfterMs !== undefined && { retryAfterMs: answer.retryAfterMs }),
      });
    }
    const refused = rejectedSpans(answer.body);
    if (refused.count > 0)
      throw new ExportError(`${target}: refused ${refused.count} of ${spans.length} spans: ${refused.message}`, {
        retryable: false,
      });
  }

  return { send, target, close: async () => agent.destroy() };
}

function rejectedSpans(body: Buffer): { count: number; message: string } {
  if (body.byteLength === 0) return { count: 0, message: '' };
  try {
    const { partialSuccess } = ProtobufTraceSerializer.deserializeResponse(body) ?? {};
    return { count: Number(partialSuccess?.rejectedSpans ?? 0), message: partialSuccess?.errorMessage ?? '' };
  } catch {
    // Some collectors answer 200 with JSON or plain text; the status is what OTLP makes binding.
    return { count: 0, message: '' };
  }
}
