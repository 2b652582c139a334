import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { describe, expect, test } from '@jest/globals';

import { createAuthority } from '../../../certs/authority.ts';
import { createServingCertificate } from '../../../certs/serving.ts';
import type { KeyPair } from '../../../certs/authority.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { fakeClock } from './fake-cluster.ts';

const DAY_MS = 24 * 3_600_000;
const dnsNames = ['tektrace-webhook.tektrace.svc'];
const options = { dnsNames, ipAddresses: ['127.0.0.1'], log: silentLogger };
const nextChange = (certificate: { onChange(listener: (pair: KeyPair) => void): void }): Promise<KeyPair> =>
  new Promise((resolve) => certificate.onChange(resolve));

describe('createServingCertificate', () => {
  test('signs a leaf for the names asked for, a week long', async () => {
    const clock = fakeClock();
    const authority = await createAuthority({ commonName: 'ca', lifetimeMs: 30 * DAY_MS }, clock.now());
    const certificate = await createServingCertificate({ ...options, authority, clock });
    const leaf = new X509Certificate(certificate.current().certPem);
    expect(leaf.subjectAltName).toBe('DNS:tektrace-webhook.tektrace.svc, IP Address:127.0.0.1');
    expect(leaf.verify(new X509Certificate(authority.certPem).publicKey)).toBe(true);
    expect(leaf.validToDate.getTime()).toBe(clock.now() + 7 * DAY_MS);
  });

  test('never outlives its authority', async () => {
    const clock = fakeClock();
    const authority = await createAuthority({ commonName: 'ca', lifetimeMs: DAY_MS }, clock.now());
    const certificate = await createServingCertificate({ ...options, authority, clock });
    expect(new X509Certificate(certificate.current().certPem).validToDate.getTime()).toBe(clock.now() + DAY_MS);
  });

  test('renews after two thirds of its life', async () => {
    const clock = fakeClock();
    const authority = await createAuthority({ commonName: 'ca', lifetimeMs: 30 * DAY_MS }, clock.now());
    const certificate = await createServingCertificate({ ...options, authority, clock });
    const first = certificate.current();
    const stop = new AbortController();
    const ended = certificate.start(stop.signal);
    const changed = nextChange(certificate);
    await clock.advance(5 * DAY_MS);
    const renewed = await changed;
    expect(new X509Certificate(renewed.certPem).serialNumber).not.toBe(new X509Certificate(first.certPem).serialNumber);
    expect(new X509Certificate(renewed.certPem).validToDate.getTime()).toBe(clock.now() + 7 * DAY_MS);
    stop.abort();
    await ended;
  });

  test('refuses an authority whose key is not its own and keeps what it has', async () => {
    const one = await createAuthority({ commonName: 'one', lifetimeMs: DAY_MS });
    const two = await createAuthority({ commonName: 'two', lifetimeMs: DAY_MS });
    const certificate = await createServingCertificate({ ...options, authority: one });
    const before = certificate.current();
    await expect(certificate.use({ certPem: two.certPem, keyPem: one.keyPem })).rejects.toThrow('does not belong');
    expect(certificate.current()).toBe(before);
  });

  test('a server that follows it serves new connections with the new authority', async () => {
    const one = await createAuthority({ commonName: 'one', lifetimeMs: DAY_MS });
    const two = await createAuthority({ commonName: 'two', lifetimeMs: DAY_MS });
    const certificate = await createServingCertificate({ ...options, authority: one });
    const secure = ({ certPem, keyPem }: KeyPair): tls.SecureContextOptions => ({ cert: certPem, key: keyPem });
    const server = https.createServer(secure(certificate.current()));
    certificate.onChange((pair) => server.setSecureContext(secure(pair)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const connect = async (ca: string): Promise<boolean> => {
      const socket = tls.connect({
        port: (server.address() as AddressInfo).port,
        host: '127.0.0.1',
        servername: dnsNames[0],
        ca,
      });
      await once(socket, 'secureConnect');
      socket.destroy();
      return socket.authorized;
    };
    try {
      expect(await connect(one.certPem)).toBe(true);
      await certificate.use(two);
      expect(await connect(two.certPem)).toBe(true);
      await expect(connect(one.certPem)).rejects.toThrow();
    } finally {
      server.close();
    }
  });
});
