import type { Logger } from '../shared/runtime/log.ts';
import { issueCertificate } from './authority.ts';
import type { Authority, KeyPair } from './authority.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { assertKeyPair, expiryTime, renewalTime } from './validity.ts';

const LEAF_LIFETIME_MS = 7 * 24 * 3_600_000;
const CHECK_INTERVAL_MS = 60_000;

export interface ServingCertificate {
  /** The present certificate. */
  current(): KeyPair;
  /** Calls `listener` with each new certificate, for `server.setSecureContext`. It affects new connections only. */
  onChange(listener: (pair: KeyPair) => void): void;
  /** Signs a new certificate with another `authority`; the same authority changes nothing. Throws if key and certificate do not match. */
  use(authority: Authority): Promise<void>;
  /** Renews the certificate after two thirds of its lifetime, until `signal` aborts. */
  start(signal: AbortSignal): Promise<void>;
}

export interface ServingCertificateOptions {
  authority: Authority;
  dnsNames: string[];
  ipAddresses?: string[];
  clock?: Clock;
  log: Logger;
}

/**
 * A server certificate that exists in this process only, valid for seven days and renewed in time. The clock is checked every minute, because
 * a long timer stops while a machine sleeps.
 */
export async function createServingCertificate(options: ServingCertificateOptions): Promise<ServingCertificate> {
  const { dnsNames, ipAddresses = [], clock = systemClock, log } = options;
  const listeners: ((pair: KeyPair) => void)[] = [];
  let authority = options.authority;

  async function sign(by: Authority): Promise<KeyPair> {
    assertKeyPair(by);
    const now = clock.now();
    const lifetimeMs = Math.min(LEAF_LIFETIME_MS, expiryTime(by.certPem) - now);
    if (lifetimeMs <= 0)
      throw new Error('the certificate authority has expired: delete its Secret, and a new one is created');
    return issueCertificate(
      by,
      { commonName: dnsNames[0] ?? 'tektrace', dnsNames, ipAddresses, usage: 'server', lifetimeMs },
      now,
    );
  }

  let pair = await sign(authority);

  async function renew(): Promise<void> {
    const by = authority;
    const signed = await sign(by);
    // The authority changed during the signature: the newer authority's certificate stays.
    if (by !== authority) return;
    pair = signed;
    for (const listener of listeners) listener(pair);
    log.info('serving with a new certificate', { dnsNames, until: new Date(expiryTime(pair.certPem)).toISOString() });
  }

  return {
    current: () => pair,
    onChange: (listener) => void listeners.push(listener),
    use: async (next) => {
      if (next.certPem === authority.certPem) return;
      assertKeyPair(next);
      authority = next;
      await renew();
    },
    start: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(CHECK_INTERVAL_MS, signal).catch(() => undefined);
        if (signal.aborted || clock.now() < renewalTime(pair.certPem)) continue;
        await renew().catch((error: unknown) => log.error('the serving certificate could not be renewed', { error }));
      }
    },
  };
}
