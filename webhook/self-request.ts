import { once } from 'node:events';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';

import { certificatesIn } from '../certs/bundle.ts';
import type { Logger } from '../shared/runtime/log.ts';

/** Below the readiness probe's timeout in the chart, so that the probe gets an answer with the reason. */
const TIMEOUT_MS = 4_000;

export interface SelfRequestOptions {
  /** Default: localhost. */
  host?: string;
  port: number;
  /** The name that the API server calls, which the certificate must have. */
  serverName: string;
  /** The authorities that the API server trusts, PEM; undefined: Node's. */
  trustedPem: string | undefined;
}

async function ask({ host = 'localhost', port, serverName, trustedPem }: SelfRequestOptions): Promise<void> {
  const request = https.get({
    ...{ host, port, servername: serverName, path: '/readyz', agent: false },
    headers: { host: serverName },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(trustedPem !== undefined && { ca: trustedPem }),
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`the webhook answers itself with HTTP ${response.statusCode}`);
}

/**
 * OpenSSL's, of a bundle in which several certificates have one name: it tries only one of them. The API server tries all. The second is of a certificate
 * that is its own authority, as a self-signed issuer of cert-manager makes it.
 */
const AMBIGUOUS = new Set(['CERT_SIGNATURE_FAILURE', 'DEPTH_ZERO_SELF_SIGNED_CERT']);
const isAmbiguous = (error: unknown): boolean => AMBIGUOUS.has(String((error as { code?: unknown }).code));

/**
 * Asks the webhook of this process for /readyz over a new TLS connection, and checks its certificate as the API server does. Throws Error with
 * the reason if the certificate is not trusted, or if there is no answer with status 200 within four seconds.
 */
export async function requestItself(options: SelfRequestOptions): Promise<void> {
  const authorities = certificatesIn(options.trustedPem ?? '');
  for (const trustedPem of [options.trustedPem, ...authorities]) {
    try {
      return await ask({ ...options, trustedPem });
    } catch (error) {
      if (!isAmbiguous(error) || trustedPem === authorities.at(-1)) throw error;
    }
  }
}

/** What is ready only while requests to itself succeed. A change is logged. Several callers at a time share one request. */
export function readiness(request: () => Promise<void>, log: Pick<Logger, 'info' | 'warn'>): () => Promise<boolean> {
  let failed: string | undefined;
  let pending: Promise<boolean> | undefined;
  const ask = async (): Promise<boolean> => {
    try {
      await request();
      if (failed !== undefined) log.info('the webhook answers itself again, and is ready');
      failed = undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== failed) log.warn('the webhook is not ready: its request to itself failed', { error });
      failed = reason;
    }
    return failed === undefined;
  };
  return () => (pending ??= ask().finally(() => (pending = undefined)));
}
