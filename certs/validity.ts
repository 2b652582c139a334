import { X509Certificate, createPrivateKey } from 'node:crypto';

import type { KeyPair } from './authority.ts';

/** When to renew a certificate, in milliseconds since the epoch: after two thirds of its lifetime. */
export function renewalTime(certPem: string): number {
  const { validFromDate, validToDate } = new X509Certificate(certPem);
  const lifeMs = validToDate.getTime() - validFromDate.getTime();
  return validFromDate.getTime() + (lifeMs * 2) / 3;
}

/** When a certificate expires, in milliseconds since the epoch. */
export function expiryTime(certPem: string): number {
  return new X509Certificate(certPem).validToDate.getTime();
}

/**
 * Throws if one part is not PEM, or if key and certificate do not match. Node accepts such a pair, and then every handshake fails.
 */
export function assertKeyPair({ certPem, keyPem }: KeyPair): void {
  if (!new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem))) {
    throw new Error('the private key does not belong to the certificate');
  }
}

/** As `assertKeyPair`; also throws if the certificate may not sign others. */
export function assertAuthority(pair: KeyPair): void {
  assertKeyPair(pair);
  if (!new X509Certificate(pair.certPem).ca) throw new Error('the certificate is not that of an authority');
}
