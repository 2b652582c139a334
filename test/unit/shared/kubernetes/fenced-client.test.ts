import { afterEach, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { KubeConfig } from '@kubernetes/client-node';

import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { fencedClient } from '../../../../shared/kubernetes/fenced-client.ts';
import { startTlsServer } from './client/tls-server.ts';
import { startFakeServer } from './fake-server.ts';

/** As many requests as the client has connections for. */
const CONNECTIONS = 64;

let client: KubeClient | undefined;
afterEach(() => client?.close());

test('a write that waited for a connection while the lease was lost is not sent', async () => {
  const held: ServerResponse[] = [];
  const full = Promise.withResolvers<void>();
  const server = await startFakeServer((_request, response) => {
    if (held.push(response) === CONNECTIONS) full.resolve();
  });
  try {
    client = createKubeClient(server.config);
    let leads = true;
    const fenced = fencedClient(client, () => leads);
    const reads = Array.from({ length: CONNECTIONS }, () => fenced.request('GET', '/held'));
    await full.promise;
    const write = fenced.request('POST', '/x', { body: {} });
    // Until it waits with the others.
    await new Promise((resolve) => setImmediate(resolve));
    leads = false;
    for (const response of held) response.end('{}');
    await expect(write).rejects.toMatchObject({ name: 'NotLeaderError' });
    await Promise.all(reads);
    expect(server.requests).not.toContain('POST /x');
  } finally {
    await server.close();
  }
});

test('a write whose connection was still being made when the lease was lost is not sent', async () => {
  const server = await startTlsServer();
  try {
    const config = new KubeConfig();
    const cluster = { name: 'tests', server: server.url, caData: server.caData, skipTLSVerify: false };
    config.loadFromClusterAndUser(cluster, { name: 'me', token: 'secret' });
    client = createKubeClient(config);
    // Accepted, the handshake to come.
    const fenced = fencedClient(client, () => server.accepted === 0);
    await expect(fenced.request('POST', '/x', { body: {} })).rejects.toMatchObject({ name: 'NotLeaderError' });
    expect(server.seen).toEqual([]);
  } finally {
    await server.close();
  }
});
