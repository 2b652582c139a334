import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { LruMap } from '../../../shared/runtime/lru.ts';
import { isObject } from '../object.ts';
import { serviceUrl } from './service.ts';
import { transportProblem } from './transport-error.ts';
import type { ServiceReference, Webhook } from './webhook.ts';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const MAX_SHOWN_BYTES = 2048;
const MAX_POOLS = 200;

/** Calls webhooks over HTTPS with HTTP/1.1 and connections that are kept alive, one pool for each address and CA. */
export interface WebhookCaller {
  /**
   * Posts `body`, returns the text of the answer. Throws if the server can't be reached or trusted, times out, or does not respond with
   * 2xx.
   */
  call(webhook: Webhook, body: unknown): Promise<string>;
  close(): void;
}

/** A failure after the start of the response. Its message has no address. */
class AnswerError extends Error {}

/** The message for an HTTP status without a Status body (client-go's NewGenericServerResponse). */
const statusTexts: Record<number, string> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

function failureText(status: number, contentType: string, text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body) && body['kind'] === 'Status' && body['apiVersion'] === 'v1' && body['status'] !== 'Success')
      return typeof body['message'] === 'string' ? body['message'] : '';
  } catch {
    // Not a Status.
  }
  const isText = contentType === '' || contentType.startsWith('text/');
  const said = isText ? text.slice(0, MAX_SHOWN_BYTES).trim() : 'unknown';
  if (status === 403 || status === 406 || status === 415) return said;
  if (statusTexts[status] !== undefined) return statusTexts[status];
  return status >= 500
    ? `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`
    : `the server responded with the status code ${status} but did not return more information`;
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new AnswerError(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  const raw = Buffer.concat(chunks);
  const zipped = response.headers['content-encoding'] === 'gzip';
  return (zipped ? gunzipSync(raw, { maxOutputLength: MAX_ANSWER_BYTES }) : raw).toString('utf8');
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const status = response.statusCode ?? 0;
  const contentType = response.headers['content-type'] ?? '';
  let text: string;
  try {
    text = await readText(response);
  } catch (error: unknown) {
    if (error instanceof AnswerError || response.complete)
      throw new AnswerError(error instanceof Error ? error.message : String(error), { cause: error });
    throw new AnswerError('unexpected error when reading response body. Please retry. Original error: unexpected EOF', {
      cause: error,
    });
  }
  if (status < 200 || status > 206) throw new AnswerError(failureText(status, contentType, text));
  if (text === '')
    throw new AnswerError(
      `0-length response with status code: ${status} and content type: ${contentType || 'application/json'}`,
    );
  return text;
}

/** An endpoint of a Service. */
interface Address {
  host: string;
  port: number;
}

interface Destination {
  url: URL;
  /** Host and port as the configuration names them. */
  host: string;
  address: Address | undefined;
}

function post({ url, host, address }: Destination, agent: Agent, body: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      accept: 'application/json, */*',
      host,
      'user-agent': 'kube-apiserver-admission',
      'accept-encoding': 'gzip',
    };
    const options = {
      method: 'POST',
      agent,
      headers,
      signal,
      ...(address && { hostname: address.host, port: address.port, servername: url.hostname }),
    };
    const sent = httpsRequest(url, options, (response) => {
      readAnswer(response).then(resolve, reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** `resolve` finds the endpoint of a Service; its error is a failed call. */
export function createWebhookCaller(resolve: (service: ServiceReference) => Address): WebhookCaller {
  const agents = new LruMap<string, Agent>(MAX_POOLS);
  const agentFor = (origin: string, caBundle: string): Agent => {
    const key = `${origin} ${caBundle}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const ca = caBundle === '' ? {} : { ca: Buffer.from(caBundle, 'base64').toString('utf8') };
    const agent = new Agent({ keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 25, timeout: 90_000, ...ca });
    // A dropped pool closes its connections when they have been idle.
    agents.set(key, agent);
    return agent;
  };
  return {
    async call(webhook, body) {
      const { service } = webhook.clientConfig;
      const base = service === undefined ? (webhook.clientConfig.url ?? '') : serviceUrl(service);
      const url = new URL(base);
      url.searchParams.set('timeout', `${webhook.timeoutSeconds}s`);
      // With the port as given: URL omits 443.
      const host = /^[^/]*\/\/([^/]*)/.exec(base)?.[1] ?? url.host;
      const signal = AbortSignal.timeout(webhook.timeoutSeconds * 1000);
      const agent = agentFor(url.origin, webhook.clientConfig.caBundle ?? '');
      try {
        // No spans: in a cluster these calls are made by another process.
        return await context.with(suppressTracing(context.active()), () =>
          post({ url, host, address: service && resolve(service) }, agent, JSON.stringify(body), signal),
        );
      } catch (error: unknown) {
        if (error instanceof AnswerError && !signal.aborted) throw error;
        const problem = signal.aborted ? 'context deadline exceeded' : transportProblem(error);
        throw new Error(`Post "https://${host}${url.pathname}${url.search}": ${problem}`, { cause: error });
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
    },
  };
}
