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
  /** From now to the first byte of the answer, the wait for a connection included; 0 = no limit. */
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /** Called at once, and again when the connection stands, before anything is written to it; what it throws ends the request. */
  beforeSend: (() => void) | undefined;
}

/** A TLS connection through a proxy has long been connected when its handshake begins. */
const stands = (socket: Socket & { secureConnecting?: boolean }): boolean =>
  !socket.connecting && socket.secureConnecting !== true;

/**
 * Sends one HTTP request and resolves with its answer, whatever the status, body unread. Throws the signal's reason when it aborts, else
 * ConnectionError, whose `sent` says whether the server may have got the request, or what `beforeSend` throws.
 */
export function send(request: OutgoingRequest): Promise<IncomingMessage> {
  const { method, url, headers, payload, credentials, pool, timeoutMs, signal, beforeSend } = request;
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    // Before a connection is opened for nothing.
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
        if (stands(socket)) write();
        else socket.once(secure ? 'secureConnect' : 'connect', write);
      });
      outgoing.on('response', (response) => {
        settle();
        resolve(response);
      });
      outgoing.on('error', fail);
      // A request that has no socket yet (the pool is full, a proxy is silent) tells nobody of its own end.
      signal?.addEventListener('abort', fail, { once: true });
      if (timeoutMs > 0)
        timer = setTimeout(() => {
          fail(new Error(`no response within ${timeoutMs} ms`));
          outgoing.destroy();
        }, timeoutMs);
    } catch (error) {
      // Thrown for what can be no request, such as a token with a line break in it.
      fail(error);
    }
  });
}
