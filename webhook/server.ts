import https from 'node:https';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { KeyPair } from '../certs/authority.ts';
import { listen } from '../shared/runtime/listen.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { createWebhookApp } from './app.ts';
import type { StampSettings } from './stamp.ts';

/** The API server keeps idle connections for 90 s. Closing them earlier could lose a review that is being sent. */
const KEEP_ALIVE_MS = 120_000;
const HEADERS_TIMEOUT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 30_000;

export interface WebhookServerOptions {
  /** Default: every address of the machine, IPv6 included. */
  host?: string;
  port: number;
  certificate: KeyPair;
  settings: StampSettings;
  log: Logger;
}

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
}: WebhookServerOptions): Promise<WebhookServer> {
  let ready = true;
  const app = createWebhookApp({ settings, log, isReady: () => ready });
  const server = https.createServer({ ...checked(certificate), minVersion: 'TLSv1.2' }, app);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.on('tlsClientError', (error) => log.debug('a TLS handshake failed', { error }));
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
        setTimeout(() => server.closeAllConnections(), REQUEST_TIMEOUT_MS).unref();
      });
    },
  };
}
