import https from 'node:https';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { KeyPair } from '../certs/authority.ts';
import { listen } from '../shared/runtime/listen.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { createWebhookApp } from './app.ts';
import type { WebhookObserver } from './metrics.ts';
import type { StampSettings } from './stamp.ts';

/** The API server keeps idle connections for 90 s. Closing them earlier could lose a review that is being sent. */
const KEEP_ALIVE_MS = 120_000;
/** The API server waits at most 30 s for a webhook, and sends a review at once: whoever takes longer is no API server. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const TIMEOUT_CHECK_MS = 5_000;
const MAX_HEADER_BYTES = 16 << 10;
const MAX_HEADERS = 100;
/** How long a review that has begun may take once the server closes. The chart has API servers wait for 2 s. */
const CLOSE_TIMEOUT_MS = 5_000;
/** An API server keeps 25 idle connections, and opens more only while reviews wait. */
const MAX_CONNECTIONS = 1000;

export interface WebhookServerOptions {
  /** Default: every address of the machine, IPv6 included. */
  host?: string;
  port: number;
  certificate: KeyPair;
  settings: StampSettings;
  log: Logger;
  observer?: WebhookObserver;
  limits?: Partial<WebhookLimits>;
}

/** What a slow or hostile client may take; times in milliseconds. Tests shorten them. */
export interface WebhookLimits {
  handshakeTimeoutMs: number;
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  /** From `close` on; what is still connected then is cut. */
  closeTimeoutMs: number;
  /** How often the two times of requests are checked. */
  timeoutCheckMs: number;
  maxConnections: number;
  /** Default: the application's. */
  maxHeldBytes?: number;
}

const LIMITS: WebhookLimits = {
  handshakeTimeoutMs: HANDSHAKE_TIMEOUT_MS,
  headersTimeoutMs: HEADERS_TIMEOUT_MS,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  closeTimeoutMs: CLOSE_TIMEOUT_MS,
  timeoutCheckMs: TIMEOUT_CHECK_MS,
  maxConnections: MAX_CONNECTIONS,
};

export interface WebhookServer {
  port: number;
  /** Uses another certificate for new connections. Throws if key and certificate do not match: Node would accept them and fail each handshake. */
  setCertificate(certificate: KeyPair): void;
  /** Serves on for `drainMs` without keeping connections, then closes. */
  close(drainMs?: number): Promise<void>;
}

function checked(certificate: KeyPair): { cert: string; key: string } {
  const leaf = new X509Certificate(certificate.certPem);
  if (!leaf.checkPrivateKey(createPrivateKey(certificate.keyPem))) {
    throw new Error(`the serving certificate (${leaf.subject}) and its private key do not belong together`);
  }
  return { cert: certificate.certPem, key: certificate.keyPem };
}

/** Starts the admission webhook over HTTPS (HTTP/1.1, which the API server uses for webhooks). Rejects if the port is in use. */
export async function startWebhookServer({
  host,
  port,
  certificate,
  settings,
  log,
  observer,
  limits = {},
}: WebhookServerOptions): Promise<WebhookServer> {
  let ready = true;
  const { handshakeTimeoutMs, headersTimeoutMs, requestTimeoutMs, closeTimeoutMs, timeoutCheckMs, maxConnections } = {
    ...LIMITS,
    ...limits,
  };
  const { maxHeldBytes } = limits;
  const app = createWebhookApp({
    ...{ settings, log, isReady: () => ready },
    ...(observer && { observer }),
    ...(maxHeldBytes !== undefined && { maxHeldBytes }),
  });
  const server = https.createServer(
    {
      ...checked(certificate),
      minVersion: 'TLSv1.2',
      handshakeTimeout: handshakeTimeoutMs,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    app,
  );
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = maxConnections;
  server.on('tlsClientError', (error) => log.debug('a TLS handshake failed', { error }));
  server.on('drop', () => log.debug('a connection was closed at once, there are too many', { maxConnections }));
  const bound = await listen(server, { port, host }, log);
  return {
    port: bound,
    setCertificate: (next) => server.setSecureContext(checked(next)),
    close: async (drainMs = 0) => {
      ready = false;
      await delay(drainMs);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // A connection on which nothing was sent yet is not idle to Node. An API server opens some in advance.
        setTimeout(() => server.closeAllConnections(), closeTimeoutMs).unref();
      });
    },
  };
}
