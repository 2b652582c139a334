import http from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { publicText, retryAfterMs, withHint } from './answer.ts';
import type { Credentials, CredentialSet } from './credentials.ts';
import { basicAuthorization, encode, ExportError, publicUrl, refusedSpans } from './sink.ts';
import type { SpanSink } from './sink.ts';

export interface OtlpOptions {
  url: URL;
  /** Headers of each request (`authorization`, tenant ids), if there are no `credentials`. */
  headers?: Record<string, string>;
  /** Returns headers and certificates; called before each request. */
  credentials?: Credentials;
  encoding?: 'protobuf' | 'json';
  compression?: 'gzip' | 'none';
  timeoutMs?: number;
  userAgent?: string;
  /** Explanation of a 404. */
  notFoundHint?: string;
}

/** Retryable statuses (OTLP 1.x). 408 is of a proxy that did not get the request in time. */
const RETRYABLE = [408, 429, 502, 503, 504];
const MAX_ANSWER_BYTES = 4 << 20;
/** Time after which an idle connection is closed. A renewed certificate or key opens a new connection. */
const IDLE_MS = 60_000;

const compress = promisify(gzip);

const ENCODINGS = {
  protobuf: { contentType: 'application/x-protobuf', serializer: ProtobufTraceSerializer },
  json: { contentType: 'application/json', serializer: JsonTraceSerializer },
};

interface Answer {
  status: number;
  contentType: string;
  body: Buffer;
  retryAfterMs: number | undefined;
}

/**
 * OTLP over HTTP with protobuf or JSON. The transport is our own, because the lifecycle sender must know what was accepted: the exact
 * status, and the spans that a 200 response refuses (partial success). The SDK's exporter only logs these.
 */
export function createOtlpSink(options: OtlpOptions): SpanSink {
  const { url, encoding = 'protobuf', compression = 'none', timeoutMs = 10_000, headers = {}, notFoundHint } = options;
  const { credentials = async () => ({ headers }) } = options;
  const target = publicUrl(url);
  const { contentType, serializer } = ENCODINGS[encoding];
  const transport = url.protocol === 'https:' ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: 4, timeout: IDLE_MS });
  const basic = basicAuthorization(url);

  function headersOf(set: CredentialSet, body: Buffer): OutgoingHttpHeaders {
    return {
      ...(options.userAgent !== undefined && { 'user-agent': options.userAgent }),
      ...(basic !== undefined && { authorization: basic }),
      ...set.headers,
      'content-type': contentType,
      'content-length': body.byteLength,
      ...(compression === 'gzip' && { 'content-encoding': 'gzip' }),
    };
  }

  function post(body: Buffer, set: CredentialSet, signal: AbortSignal | undefined): Promise<Answer> {
    const limit = AbortSignal.timeout(timeoutMs);
    const { ca, cert, key } = set;
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        const reason = error.message || String((error as NodeJS.ErrnoException).code);
        const text = limit.aborted ? `no response within ${timeoutMs} ms` : withHint(reason);
        reject(new ExportError(`${target}: ${text}`, { retryable: true, cause: error }));
      };
      const request = transport.request(
        url,
        {
          method: 'POST',
          agent,
          auth: undefined,
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
          headers: headersOf(set, body),
          // The agent does not share connections between different certificates.
          ...(ca !== undefined && { ca }),
          ...(cert !== undefined && { cert, key }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.byteLength;
            if (size > MAX_ANSWER_BYTES) request.destroy(new Error('the response is longer than 4 MiB'));
            else chunks.push(chunk);
          });
          response.on('error', fail);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              contentType: response.headers['content-type'] ?? '',
              body: Buffer.concat(chunks),
              retryAfterMs: retryAfterMs(response.headers['retry-after'], Date.now()),
            }),
          );
        },
      );
      request.on('error', fail);
      request.end(body);
    });
  }

  async function send(spans: ReadableSpan[], signal?: AbortSignal): Promise<void> {
    const encoded = encode(serializer, spans, target);
    const body = compression === 'gzip' ? await compress(encoded) : Buffer.from(encoded);
    const set = await credentials();
    const answer = await post(body, set, signal);
    const secrets = [
      ...Object.values(set.headers),
      ...(basic === undefined ? [] : [basic, decodeURIComponent(url.password)]),
    ];
    if (answer.status !== 200) {
      throw new ExportError(`${target}: answered ${answer.status}${explanation(answer, secrets, notFoundHint)}`, {
        retryable: RETRYABLE.includes(answer.status),
        ...(answer.retryAfterMs !== undefined && { retryAfterMs: answer.retryAfterMs }),
      });
    }
    // A user interface answers every path with its page, and 200: nobody there has taken the spans.
    if (isPage(answer))
      throw new ExportError(
        `${target}: answered with a web page: a user interface is there (as at Jaeger's port 16686), no collector: OTLP over HTTP is usually at port 4318`,
        { retryable: false },
      );
    const refused = refusedSpans(() => responseSerializer(answer, serializer).deserializeResponse(answer.body));
    if (refused)
      throw new ExportError(
        `${target}: refused ${refused.count} of ${spans.length} spans: ${publicText(refused.message, secrets)}`,
        { retryable: false, rejected: refused.count },
      );
  }

  return { send, target, close: async () => agent.destroy() };
}

const isPage = ({ contentType, body }: Answer): boolean => /^text\/html/i.test(contentType) && body.byteLength > 0;

type Serializer = typeof ProtobufTraceSerializer;

/** Some collectors respond in JSON to any encoding. */
function responseSerializer({ contentType, body }: Answer, asked: Serializer): Serializer {
  if (body.byteLength === 0) return { ...asked, deserializeResponse: () => ({}) };
  return contentType.startsWith('application/json') ? JsonTraceSerializer : asked;
}

/** The collector's text about a refusal, or the explanation of a 404. Protobuf is left out, because it is not readable. */
function explanation({ status, contentType, body }: Answer, secrets: string[], notFoundHint?: string): string {
  if (status === 404 && notFoundHint !== undefined) return `: ${notFoundHint}`;
  const readable = /^(text\/plain|application\/json)/.test(contentType);
  const text = readable ? publicText(body.toString('utf8'), secrets) : '';
  return text === '' ? '' : `: ${text}`;
}
