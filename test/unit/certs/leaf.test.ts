import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';

import { createAuthority } from '../../../certs/authority.ts';
import { createLeaf } from '../../../certs/leaf.ts';
import { fakeClock } from './fake-cluster.ts';

const DAY_MS = 24 * 3_600_000;
const names = { dnsNames: ['tektrace-webhook.tektrace.svc'], ipAddresses: ['127.0.0.1'] };

describe('the server certificate of a process', () => {
  test('has the names asked for, and is valid for a week', async () => {
    const clock = fakeClock();
    const authority = await createAuthority({ commonName: 'ca', lifetimeMs: 30 * DAY_MS }, clock.now());
    const certificate = new X509Certificate((await createLeaf(names, clock).by(authority)).certPem);
    expect(certificate.subjectAltName).toBe('DNS:tektrace-webhook.tektrace.svc, IP Address:127.0.0.1');
    expect(certificate.verify(new X509Certificate(authority.certPem).publicKey)).toBe(true);
    expect(certificate.validToDate.getTime()).toBe(clock.now() + 7 * DAY_MS);
  });

  test('never outlives its authority', async () => {
    const clock = fakeClock();
    const authority = await createAuthority({ commonName: 'ca', lifetimeMs: DAY_MS }, clock.now());
    const { certPem } = await createLeaf(names, clock).by(authority);
    expect(new X509Certificate(certPem).validToDate.getTime()).toBe(clock.now() + DAY_MS);
    clock.advance(2 * DAY_MS);
    await expect(createLeaf(names, clock).by(authority)).rejects.toThrow('has expired');
  });

  test('stays the same for two thirds of its life, and is then a new one', async () => {
    const clock = fakeClock();
    const authority = await createAuthority({ commonName: 'ca', lifetimeMs: 30 * DAY_MS }, clock.now());
    const leaf = createLeaf(names, clock);
    const first = await leaf.by(authority);
    clock.advance(4 * DAY_MS);
    expect(await leaf.by(authority)).toBe(first);
    clock.advance(DAY_MS);
    const renewed = await leaf.by(authority);
    expect(new X509Certificate(renewed.certPem).validToDate.getTime()).toBe(clock.now() + 7 * DAY_MS);
    clock.suspend(8 * DAY_MS);
    expect(leaf.current()).toBeUndefined();
  });

  test('is not signed with a key that is not the authority’s', async () => {
    const clock = fakeClock();
    const [one, two] = await Promise.all(
      ['one', 'two'].map((commonName) => createAuthority({ commonName, lifetimeMs: DAY_MS }, clock.now())),
    );
    const leaf = createLeaf(names, clock);
    const before = await leaf.by(one!);
    await expect(leaf.by({ certPem: two!.certPem, keyPem: one!.keyPem })).rejects.toThrow('does not belong');
    expect(leaf.current()).toBe(before);
  });
});
