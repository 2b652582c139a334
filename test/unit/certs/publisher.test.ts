import { describe, expect, test } from '@jest/globals';

import { publishCaBundle } from '../../../certs/publisher.ts';
import type { KubeObject } from '../../../shared/kubernetes/types.ts';
import { fakeCluster } from './fake-cluster.ts';
import type { FakeCluster } from './fake-cluster.ts';

const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/tektrace';
const bundlePem = '-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n';
const caBundle = Buffer.from(bundlePem).toString('base64');

interface Configuration extends KubeObject {
  webhooks: { name: string; clientConfig: { caBundle?: string } }[];
}

function clusterWith(...names: string[]): FakeCluster {
  const cluster = fakeCluster();
  const configuration: Configuration = {
    metadata: { name: 'tektrace', resourceVersion: '1' },
    webhooks: names.map((name) => ({ name, clientConfig: {} })),
  };
  cluster.objects.set(path, configuration);
  return cluster;
}

const publish = (cluster: FakeCluster): Promise<boolean> =>
  publishCaBundle(cluster.client, { configurationName: 'tektrace', bundlePem }, AbortSignal.timeout(5000));
const published = (cluster: FakeCluster): Record<string, string | undefined> =>
  Object.fromEntries(
    (cluster.objects.get(path) as Configuration).webhooks.map(({ name, clientConfig }) => [
      name,
      clientConfig.caBundle,
    ]),
  );

describe('publishCaBundle', () => {
  test('gives every webhook the bundle, and writes nothing the second time', async () => {
    const cluster = clusterWith('runs', 'pods');
    expect(await publish(cluster)).toBe(true);
    expect(published(cluster)).toEqual({ runs: caBundle, pods: caBundle });
    expect(await publish(cluster)).toBe(false);
    expect(cluster.requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(1);
  });

  test('a list that changes between reading and writing still ends with the bundle everywhere', async () => {
    const cluster = clusterWith('runs', 'pods');
    let swapped = false;
    cluster.onRequest = (method) => {
      if (method !== 'PATCH' || swapped) return;
      swapped = true;
      (cluster.objects.get(path) as Configuration).webhooks.reverse();
    };
    expect(await publish(cluster)).toBe(true);
    expect(published(cluster)).toEqual({ pods: caBundle, runs: caBundle });
    expect(cluster.requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(2);
  });

  test('throws if there is no such configuration', async () => {
    await expect(publish(fakeCluster())).rejects.toMatchObject({ status: 404 });
  });
});
