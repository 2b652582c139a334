import https from 'node:https';
import http from 'node:http';
import type { IncomingMessage, RequestOptions as NodeRequestOptions } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import type { KubeConfig } from '@kubernetes/client-node';

import { ApiError, ConnectionError } from './errors.ts';
import type { Status } from './types.ts';

export interface KubeRequest {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** Defaults to application/json; patches name theirs (`MERGE_PATCH`, `JSON_PATCH`). */
  contentType?: string;
  signal?: AbortSignal;
  /** How long the server may be silent before it answers; 0 = for ever (a log without lines yet). Default: the client's. */
  timeoutMs?: number;
}

export interface KubeClient {
  /** One request, its JSON answer. Throws ApiError for an error status, ConnectionError when no answer came. 429 and 503 with Retry-After are tried again. */
  request<T>(method: string, path: string, options?: KubeRequest): Promise<T>;
  /** A GET whose answer stays open: its lines, as they come (watches, logs). Throws as `request`. */
  stream(path: string, options?: KubeRequest): Promise<AsyncIterable<string>>;
  /** The API server's URL, for messages. */
  readonly server: string;
  close(): void;
}

export interface KubeClientOptions {
  /** `manager/version`: the API server takes the field manager's name from it. */
  userAgent?: string;
  requestTimeoutMs?: number;
  /** How often a request that the server put off (429, 503 with Retry-After) is tried in all. */
  attempts?: number;
}

const MAX_RETRY_AFTER_MS = 10_000;

function target(server: string, path: string, query: KubeRequest['query'] = {}): URL {
  const url = new URL(server.replace(/\/$/, '') + path);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  return url;
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Throws ConnectionError for what is no JSON: something other than an API server answered. */
function parseBody<T>(request: string, text: string): T {
  try {
    return (text === '' ? undefined : JSON.parse(text)) as T;
  } catch {
    throw new ConnectionError(request, `the answer is not JSON: ${text.slice(0, 100)}`);
  }
}

function errorFrom(request: string, response: IncomingMessage, text: string): ApiError {
  const status = response.statusCode ?? 0;
  const seconds = Number(response.headers['retry-after']);
  const retryAfterMs =
    response.headers['retry-after'] !== undefined && Number.isFinite(seconds) ? seconds * 1000 : undefined;
  try {
    return new ApiError(request, status, JSON.parse(text) as Partial<Status>, retryAfterMs);
  } catch {
    return new ApiError(request, status, { message: text.slice(0, 300) }, retryAfterMs);
  }
}

/**
 * A client for one API server over pooled keep-alive connections (`node:https`, so that instrumentation-http sees each request).
 * Credentials come from the KubeConfig on every request, so rotated tokens and exec plugins are followed.
 */
export function createKubeClient(config: KubeConfig, options: KubeClientOptions = {}): KubeClient {
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new Error('the kubeconfig has no current cluster: set current-context, or name a kubeconfig with KUBECONFIG');
  const { userAgent = 'tektrace', requestTimeoutMs = 30_000, attempts = 3 } = options;
  const server = cluster.server;
  const secure = server.startsWith('https:');
  const agent = secure
    ? new https.Agent({ keepAlive: true, maxSockets: 64, scheduling: 'lifo' })
    : new http.Agent({ keepAlive: true, maxSockets: 64, scheduling: 'lifo' });

  async function send(
    method: string,
    path: string,
    { query, body, contentType, signal }: KubeRequest,
    timeoutMs: number,
  ): Promise<IncomingMessage> {
    const url = target(server, path, query);
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers: Record<string, string | number> = { accept: 'application/json', 'user-agent': userAgent };
    if (payload)
      Object.assign(headers, {
        'content-type': contentType ?? 'application/json',
        'content-length': payload.byteLength,
      });
    const request: NodeRequestOptions = { method, agent, headers, ...(signal ? { signal } : {}) };
    await config.applyToHTTPSOptions(request);
    request.agent = agent;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void =>
        reject(signal?.aborted ? (signal.reason as Error) : new ConnectionError(`${method} ${url.href}`, error));
      const outgoing = (secure ? https : http).request(url, request as https.RequestOptions, resolve);
      outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      outgoing.on('error', fail);
      outgoing.end(payload);
    });
  }

  async function request<T>(method: string, path: string, requestOptions: KubeRequest = {}): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const response = await send(method, path, requestOptions, requestOptions.timeoutMs ?? requestTimeoutMs);
      let text: string;
      try {
        text = await readBody(response);
      } catch (error) {
        if (requestOptions.signal?.aborted) throw requestOptions.signal.reason as Error;
        throw new ConnectionError(`${method} ${path}`, error);
      }
      if ((response.statusCode ?? 0) < 400) return parseBody<T>(`${method} ${path}`, text);
      const error = errorFrom(`${method} ${path}`, response, text);
      const putOff = (error.status === 429 || error.status === 503) && error.retryAfterMs !== undefined;
      if (!putOff || attempt >= attempts) throw error;
      await delay(Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS), undefined, { signal: requestOptions.signal });
    }
  }

  async function stream(path: string, requestOptions: KubeRequest = {}): Promise<AsyncIterable<string>> {
    const response = await send('GET', path, requestOptions, requestOptions.timeoutMs ?? requestTimeoutMs);
    response.socket.setTimeout(0);
    if ((response.statusCode ?? 0) >= 400) throw errorFrom(`GET ${path}`, response, await readBody(response));
    return lines(response, `GET ${path}`);
  }

  return { request, stream, server, close: () => agent.destroy() };
}

async function* lines(response: IncomingMessage, what: string): AsyncGenerator<string> {
  let failure: unknown;
  response.on('error', (error) => (failure = error));
  const reader = createInterface({ input: response, crlfDelay: Infinity });
  try {
    for await (const line of reader) yield line;
    // Depending on when it comes, a broken connection ends the lines or throws from them.
    if (failure !== undefined) throw failure as Error;
  } catch (error) {
    throw new ConnectionError(what, error);
  } finally {
    reader.close();
    response.destroy();
  }
}
