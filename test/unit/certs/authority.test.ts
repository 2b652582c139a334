import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';

import { createAuthority, issueCertificate } from '../../../certs/authority.ts';

const HOUR_MS = 3_600_000;
const now = Date.parse('2026-01-01T00:00:00Z');
const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';

describe('the certificate authority', () => {
  test('signs itself and is valid from an hour back, for clocks that are behind', async () => {
    const { certPem } = await createAuthority({ commonName: 'ca', lifetimeMs: HOUR_MS }, now);
    const certificate = new X509Certificate(certPem);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(certificate.validFromDate.getTime()).toBe(now - HOUR_MS);
    expect(certificate.validToDate.getTime()).toBe(now + HOUR_MS);
  });

  test('issues a server certificate for names and addresses', async () => {
    const authority = await createAuthority({ commonName: 'ca', lifetimeMs: HOUR_MS }, now);
    const request = {
      commonName: 'webhook',
      dnsNames: ['webhook.tracing.svc'],
      ipAddresses: ['127.0.0.1', '::1'],
      lifetimeMs: HOUR_MS,
    };
    const { certPem } = await issueCertificate(authority, { ...request, usage: 'server' }, now);
    const certificate = new X509Certificate(certPem);
    expect(certificate.checkIssued(new X509Certificate(authority.certPem))).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(certificate.keyUsage).toEqual([serverAuth]);
    expect(certificate.checkHost('webhook.tracing.svc')).toBe('webhook.tracing.svc');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
  });

  test('issues a client certificate whose organizations are the groups of a Kubernetes user', async () => {
    const authority = await createAuthority({ commonName: 'ca', lifetimeMs: HOUR_MS }, now);
    const request = { commonName: 'admin', organizations: ['system:masters', 'people'], lifetimeMs: HOUR_MS };
    const { certPem } = await issueCertificate(authority, { ...request, usage: 'client' }, now);
    const certificate = new X509Certificate(certPem);
    expect(certificate.subject.split('\n')).toEqual(['O=system:masters', 'O=people', 'CN=admin']);
    expect(certificate.keyUsage).toEqual([clientAuth]);
  });
});
