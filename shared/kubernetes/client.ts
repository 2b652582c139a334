import type { IncomingMessage } from 'node:http';

import { silentLogger } from '../runtime/log.ts';
import type { Logger } from '../runtime/log.ts';
import { sleep as realSleep } from '../runtime/sleep.ts';
import { TokenBucket } from '../runtime/token-bucket.ts';
import { createAttempts } from './client/attempts.ts';
import type { RequestObserver } from './client/attempts.ts';
import { errorFrom, parseBody, readLines, readText } from './client/body.ts';
import type { ClusterAccess } from './client/certificate.ts';
import { createCredentialSource } from './client/credentials.ts';
import type { Credentials } from './client/credentials.ts';
import { send } from './client/send.ts';

export interface KubeRequest {
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** Default application/json; patches set theirs (`MERGE_PATCH`, `JSON_PATCH`). */
  contentType?: string;
  signal?: AbortSignal;
  /** Longest silence of the server in milliseconds, before and in its response; 0 = no limit (a log without lines yet). Default: the client's. */
  timeoutMs?: number;
  /** For a stream: return a very long line in pieces (a log) instead of an error. */
  pieces?: boolean;
  /** For a stream: gets the end of what has come of a line that is not complete, each time more of it comes. */
  onRest?: (rest: string) => void;
  /** Called right before each write to a connection, after every wait. An error that it throws ends the request. */
  beforeSend?: () => void;
}

export interface KubeClient {
  /**
   * Sends one request, resolves to its JSON response. Throws ApiError for an error status, ConnectionError without a complete response, the
   * signal's reason when it aborts. Retries 429 and 5xx with Retry-After, a lost connection if a repeat does no harm, and a 401 if there
   * are newer credentials.
   */
  request<T>(method: string, path: string, options?: KubeRequest): Promise<T>;
  /** A GET with an endless response: its lines, as they come (watches, logs). Throws as `request`; a broken connection throws from the lines. */
  stream(path: string, options?: KubeRequest): Promise<AsyncIterable<string>>;
  /** The API server's URL without user and password, for messages. */
  readonly server: string;
  close(): void;
}

export interface KubeClientOptions {
  /** `manager/version`: the API server takes the field manager's name from it. */
  userAgent?: string;
  requestTimeoutMs?: number;
  /** Maximum number of attempts of a request. */
  attempts?: number;
  /** After its abort nothing is retried: the caller gets the failure at once. Running requests may finish. */
  stopping?: AbortSignal;
  maxBodyBytes?: number;
  /** Requests per second, and at once; absent: no limit. */
  rateLimit?: { qps: number; burst: number };
  observer?: RequestObserver;
  log?: Logger;
  random?: () => number;
  nowMs?: () => number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const withoutUser = (server: string): string => server.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');

function target(server: string, path: string, query: KubeRequest['query'] = {}): URL {
  const url = new URL(server.replace(/\/$/, '') + path);
  for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value));
  return url;
}

/**
 * A client for one API server over pooled keep-alive connections (`node:https`, so that instrumentation-http sees each request).
 * Changed credentials are read again: token and certificate files, exec plugins. Throws if the kubeconfig has no current cluster.
 */
export function createKubeClient(config: ClusterAccess, options: KubeClientOptions = {}): KubeClient {
  const cluster = config.getCurrentCluster();
  if (!cluster)
    throw new Error('the kubeconfig has no current cluster: set current-context, or name a kubeconfig with KUBECONFIG');
  const {
    userAgent = 'tektrace',
    requestTimeoutMs = 30_000,
    attempts = 10,
    maxBodyBytes = 256 * 1024 * 1024,
  } = options;
  const { rateLimit, stopping, observer, random = Math.random, sleep = realSleep, log = silentLogger } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const server = cluster.server;
  const user = config.getCurrentUser() ?? { name: 'anonymous' };
  const credentials = createCredentialSource({ cluster, user, log, nowMs });
  const untilAnswered = createAttempts({
    credentials,
    credentialsTimeoutMs: requestTimeoutMs,
    bucket: rateLimit && new TokenBucket({ perSecond: rateLimit.qps, burst: rateLimit.burst, nowMs }),
    ...{ attempts, stopping, observer, random, nowMs, sleep },
  });

  async function sendWith(
    used: Credentials,
    pool: 'requests' | 'streams',
    method: string,
    path: string,
    { query, body, contentType = 'application/json', signal, timeoutMs = requestTimeoutMs, beforeSend }: KubeRequest,
  ): Promise<IncomingMessage> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(payload && { 'content-type': contentType, 'content-length': payload.byteLength }),
    };
    const url = target(server, path, query);
    return send({ method, url, headers, payload, credentials: used, pool, timeoutMs, signal, beforeSend });
  }

  async function textOf(what: string, response: IncomingMessage, { signal, timeoutMs }: KubeRequest): Promise<string> {
    return readText(what, response, { maxBytes: maxBodyBytes, silenceMs: timeoutMs ?? requestTimeoutMs, signal });
  }

  async function request<T>(method: string, path: string, requestOptions: KubeRequest = {}): Promise<T> {
    const what = `${method} ${path}`;
    return untilAnswered({ method, path, signal: requestOptions.signal }, async (used) => {
      const response = await sendWith(used, 'requests', method, path, requestOptions);
      const status = response.statusCode ?? 0;
      const text = await textOf(what, response, requestOptions);
      if (status >= 400) throw errorFrom(what, response, text);
      return { status, value: parseBody(what, response, text) as T };
    });
  }

  async function stream(path: string, requestOptions: KubeRequest = {}): Promise<AsyncIterable<string>> {
    const what = `GET ${path}`;
    const { signal } = requestOptions;
    return untilAnswered({ method: 'GET', path, signal }, async (used) => {
      const response = await sendWith(used, 'streams', 'GET', path, requestOptions);
      const status = response.statusCode ?? 0;
      if (status >= 400) throw errorFrom(what, response, await textOf(what, response, requestOptions));
      return { status, value: readLines(what, response, signal, requestOptions) };
    });
  }

  return { request, stream, server: withoutUser(server), close: () => credentials.close() };
}
