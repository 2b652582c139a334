import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';

import { ensureAuthority } from '../../../certs/store.ts';
import type { SharedAuthority } from '../../../certs/store.ts';
import { fakeCluster } from './fake-cluster.ts';
import type { FakeCluster } from './fake-cluster.ts';

const DAY_MS = 24 * 3_600_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const location = { namespace: 'tektrace', secretName: 'tektrace-webhook-ca' };
const secretPath = '/api/v1/namespaces/tektrace/secrets/tektrace-webhook-ca';
const ensure = (cluster: FakeCluster, now = start): Promise<SharedAuthority> =>
  ensureAuthority(cluster.client, location, AbortSignal.timeout(5000), now);

describe('ensureAuthority', () => {
  test('makes an authority once, and every later caller gets the same', async () => {
    const cluster = fakeCluster();
    const first = await ensure(cluster);
    expect(new X509Certificate(first.current.certPem).ca).toBe(true);
    expect(first.bundlePem).toBe(first.current.certPem);
    const second = await ensure(cluster);
    expect(new X509Certificate(second.current.certPem).fingerprint256).toBe(
      new X509Certificate(first.current.certPem).fingerprint256,
    );
    expect(cluster.requests.filter((request) => !request.startsWith('GET'))).toEqual([
      'POST /api/v1/namespaces/tektrace/secrets',
    ]);
  });

  test('two replicas that start together end with one authority', async () => {
    const cluster = fakeCluster();
    const [one, other] = await Promise.all([ensure(cluster), ensure(cluster)]);
    expect(one).toEqual(other);
    expect(cluster.objects.size).toBe(1);
  });

  test('after two thirds of its life a new authority signs and the old one stays trusted', async () => {
    const cluster = fakeCluster();
    const old = await ensure(cluster);
    expect(await ensure(cluster, start + 240 * DAY_MS)).toEqual(old);
    const renewed = await ensure(cluster, start + 244 * DAY_MS);
    expect(renewed.current.certPem).not.toBe(old.current.certPem);
    expect(renewed.bundlePem).toBe(renewed.current.certPem + old.bundlePem);
  });

  test('two replicas that renew together end with one authority', async () => {
    const cluster = fakeCluster();
    await ensure(cluster);
    const later = start + 300 * DAY_MS;
    const [one, other] = await Promise.all([ensure(cluster, later), ensure(cluster, later)]);
    expect(one).toEqual(other);
  });

  test('an expired authority is no longer trusted', async () => {
    const cluster = fakeCluster();
    await ensure(cluster);
    const renewed = await ensure(cluster, start + 400 * DAY_MS);
    expect(renewed.bundlePem).toBe(renewed.current.certPem);
  });

  test('a Secret with a key of another certificate is refused by name', async () => {
    const cluster = fakeCluster();
    const others = fakeCluster();
    await ensure(cluster);
    await ensure(others);
    const foreign = others.objects.get(secretPath) as unknown as { data: Record<string, string> };
    Object.assign((cluster.objects.get(secretPath) as unknown as { data: object }).data, {
      'tls.key': foreign.data['tls.key'],
    });
    await expect(ensure(cluster)).rejects.toThrow(
      'Secret tektrace/tektrace-webhook-ca has no valid certificate authority (the private key does not belong to the certificate)',
    );
  });

  test('a Secret without data is refused by name', async () => {
    const cluster = fakeCluster();
    cluster.objects.set(secretPath, { metadata: { name: location.secretName, resourceVersion: '1' } });
    await expect(ensure(cluster)).rejects.toThrow(
      'Secret tektrace/tektrace-webhook-ca has no valid certificate authority',
    );
  });
});
