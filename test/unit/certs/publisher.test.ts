import { describe, expect, test } from '@jest/globals';

import { publishCaBundle } from '../../../certs/publisher.ts';
import type { MutatingWebhookConfiguration } from '../../../certs/published.ts';
import { fakeCluster } from './fake-cluster.ts';
import type { FakeCluster } from './fake-cluster.ts';

const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/tektrace';
const bundlePem = '-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n';
const caBundle = Buffer.from(bundlePem).toString('base64');

function clusterWith(...names: string[]): FakeCluster {
  const cluster = fakeCluster();
  const configuration: MutatingWebhookConfiguration = {
    metadata: { name: 'tektrace', resourceVersion: '1' },
    webhooks: names.map((name) => ({ name, clientConfig: {} })),
  };
  cluster.objects.set(path, configuration);
  return cluster;
}

const seen = ({ objects }: FakeCluster): MutatingWebhookConfiguration => structuredClone(objects.get(path)!);
const publish = (cluster: FakeCluster, configuration = seen(cluster)): Promise<boolean> =>
  publishCaBundle(cluster.client, configuration, bundlePem, AbortSignal.timeout(5000));
const published = (cluster: FakeCluster): Record<string, string | undefined> =>
  Object.fromEntries(seen(cluster).webhooks!.map(({ name, clientConfig }) => [name, clientConfig.caBundle]));

describe('publishCaBundle', () => {
  test('gives every webhook the bundle, and writes nothing the second time', async () => {
    const cluster = clusterWith('runs', 'pods');
    expect(await publish(cluster)).toBe(true);
    expect(published(cluster)).toEqual({ runs: caBundle, pods: caBundle });
    expect(await publish(cluster)).toBe(false);
    expect(cluster.requests).toEqual([`PATCH ${path}`]);
  });

  test('a list that was reordered since it was seen is left as it is', async () => {
    const cluster = clusterWith('runs', 'pods');
    const before = seen(cluster);
    const reordered = { ...before, webhooks: before.webhooks!.toReversed() };
    cluster.replace(path, reordered);
    await expect(publish(cluster, before)).rejects.toMatchObject({ status: 422 });
    expect(published(cluster)).toEqual({ pods: undefined, runs: undefined });
  });

  test('throws if there is no such configuration any more', async () => {
    await expect(publish(fakeCluster(), seen(clusterWith('runs')))).rejects.toMatchObject({ status: 404 });
  });
});
