import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';

import type { KeyPair } from '../../../certs/authority.ts';
import { createWebhookCertificate } from '../../../certs/webhook-certificate.ts';
import { ConnectionError } from '../../../shared/kubernetes/errors.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { fakeClock, fakeCluster } from './fake-cluster.ts';
import type { FakeCluster } from './fake-cluster.ts';

const DAY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/tektrace';
const names = {
  namespace: 'tektrace',
  secretName: 'ca',
  configurationName: 'tektrace',
  dnsNames: ['tektrace-webhook.tektrace.svc'],
};

interface Configuration extends KubeObject {
  webhooks: { name: string; clientConfig: { caBundle?: string } }[];
}

function clusterWithConfiguration(): FakeCluster {
  const cluster = fakeCluster();
  const configuration: Configuration = {
    metadata: { name: 'tektrace', resourceVersion: '1' },
    webhooks: [{ name: 'pods', clientConfig: {} }],
  };
  cluster.objects.set(path, configuration);
  return cluster;
}

/** The certificates that the webhook configuration trusts now. */
function trusted(cluster: FakeCluster): X509Certificate[] {
  const { caBundle = '' } = (cluster.objects.get(path) as Configuration).webhooks[0]?.clientConfig ?? {};
  const pem = Buffer.from(caBundle, 'base64').toString();
  return pem.split(/(?<=END CERTIFICATE-----\n)/).map((certificate) => new X509Certificate(certificate));
}

const isTrusted = (cluster: FakeCluster, { certPem }: KeyPair): boolean =>
  trusted(cluster).some((authority) => new X509Certificate(certPem).verify(authority.publicKey));

describe('createWebhookCertificate', () => {
  test('the configuration trusts the certificate from the start', async () => {
    const cluster = clusterWithConfiguration();
    const stop = new AbortController();
    const certificate = await createWebhookCertificate(
      { ...names, client: cluster.client, clock: fakeClock(), log: silentLogger },
      stop.signal,
    );
    expect(isTrusted(cluster, certificate.current())).toBe(true);
  });

  test('waits for an API server that cannot be reached yet', async () => {
    const cluster = clusterWithConfiguration();
    const clock = fakeClock();
    let asked = 0;
    const refused = new Promise<void>((resolve) => {
      cluster.onRequest = (method, at) => {
        if (++asked > 1) return;
        setImmediate(resolve);
        throw new ConnectionError(`${method} ${at}`, new Error('connect ECONNREFUSED'));
      };
    });
    const pending = createWebhookCertificate(
      { ...names, client: cluster.client, clock, log: silentLogger },
      new AbortController().signal,
    );
    await refused;
    await clock.advance(2000);
    expect(isTrusted(cluster, (await pending).current())).toBe(true);
  });

  test('when the authority is renewed, its bundle is published before it signs, and each leaf is trusted at any time', async () => {
    const cluster = clusterWithConfiguration();
    const clock = fakeClock();
    const stop = new AbortController();
    const certificate = await createWebhookCertificate(
      { ...names, client: cluster.client, clock, log: silentLogger },
      stop.signal,
    );
    const first = certificate.current();
    const signedBy = (pair: KeyPair): boolean =>
      new X509Certificate(pair.certPem).verify(trusted(cluster)[0]!.publicKey);
    const bundlePublished = new Promise<void>((resolve) => {
      cluster.onRequest = (method) => void (method === 'PATCH' && setImmediate(resolve));
    });
    await clock.advance(250 * DAY_MS);
    const ended = certificate.start(stop.signal);
    await bundlePublished;
    expect(trusted(cluster)).toHaveLength(2);
    expect(isTrusted(cluster, first)).toBe(true);
    expect(signedBy(first)).toBe(false);

    const newlySigned = new Promise<KeyPair>((resolve) =>
      certificate.onChange((pair) => signedBy(pair) && resolve(pair)),
    );
    await clock.advance(MINUTE_MS);
    expect(isTrusted(cluster, await newlySigned)).toBe(true);
    stop.abort();
    await ended;
  });
});
