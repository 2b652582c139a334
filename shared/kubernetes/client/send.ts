import http from 'node:http';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

import { ConnectionError } from '../errors.ts';
import type { Credentials } from './credentials.ts';

export interface OutgoingRequest {
  method: string;
  url: URL;
  headers: Record<string, string | number>;
  payload: Buffer | undefined;
  credentials: Credentials;
  pool: 'requests' | 'streams';
  /** Milliseconds until the first byte of the response, including the wait for a connection; 0 = no limit. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /** Called at once, and again when the connection is established, before the first byte. An error that it throws ends the request. */
  beforeSend: (() => void) | undefined;
}

/** Whether a socket is established. Through a proxy it is connected long before its TLS handshake ends. */
const isEstablished = (socket: Socket & { secureConnecting?: boolean }): boolean =>
  !socket.connecting && socket.secureConnecting !== true;

/**
 * Sends one HTTP request. Resolves to its response with any status, body unread. Throws the signal's reason when it aborts, else the error of
 * `beforeSend`, else ConnectionError; its `sent` says whether the server may have received the request.
 */
export function send(request: OutgoingRequest): Promise<IncomingMessage> {
  const { method, url, headers, payload, credentials, pool, timeoutMs, signal, beforeSend } = request;
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    // Before a connection is opened without need.
    beforeSend?.();
    let sent = false;
    let timer: NodeJS.Timeout | undefined;
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', fail);
    };
    const fail = (error: unknown): void => {
      settle();
      const what = `${method} ${url.origin}${url.pathname}`;
      reject(signal?.aborted ? (signal.reason as Error) : new ConnectionError(what, error, sent));
    };
    try {
      const outgoing = (secure ? https : http).request(url, {
        method,
        agent: credentials.pools[pool],
        headers: { ...headers, ...credentials.headers },
        ...(credentials.auth !== undefined && { auth: credentials.auth }),
        ...(signal && { signal }),
      });
      const write = (): void => {
        try {
          beforeSend?.();
        } catch (error) {
          settle();
          reject(error instanceof Error ? error : new Error(String(error)));
          return void outgoing.destroy();
        }
        sent = true;
        outgoing.end(payload);
      };
      outgoing.on('socket', (socket: Socket) => {
        if (isEstablished(socket)) write();
        else socket.once(secure ? 'secureConnect' : 'connect', write);
      });
      outgoing.on('response', (response) => {
        settle();
        resolve(response);
      });
      outgoing.on('error', fail);
      // A request without a socket (the pool is full, a proxy is silent) emits no event at its end.
      signal?.addEventListener('abort', fail, { once: true });
      if (timeoutMs > 0)
        timer = setTimeout(() => {
          fail(new Error(`no response within ${timeoutMs} ms`));
          outgoing.destroy();
        }, timeoutMs);
    } catch (error) {
      // Thrown for an invalid request, such as a token with a line break.
      fail(error);
    }
  });
}
