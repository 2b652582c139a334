import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

import { KubeConfig } from '@kubernetes/client-node';

import { createKubeClient } from '../../../../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../../../../shared/kubernetes/client.ts';
import { startFakeServer } from '../fake-server.ts';
import type { FakeServer } from '../fake-server.ts';

/** As many requests as the client has connections for. */
const CONNECTIONS = 64;

let client: KubeClient;

/** Each is without a connection when its end comes. */
function endsInTime(): void {
  test('ends when its time is up', async () => {
    const request = client.request('GET', '/x', { timeoutMs: 20 });
    await expect(request).rejects.toThrow('no response within 20 ms');
  });

  test('ends with the reason of the signal that aborts it', async () => {
    const stop = new AbortController();
    const request = client.request('GET', '/x', { signal: stop.signal });
    // Until it waits.
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('the end'));
    await expect(request).rejects.toThrow('the end');
  });
}

describe('a request for which the pool has no connection', () => {
  let server: FakeServer;
  let held: Promise<unknown>;
  beforeEach(async () => {
    server = await startFakeServer(() => undefined);
    client = createKubeClient(server.config);
    held = Promise.allSettled(Array.from({ length: CONNECTIONS }, () => client.request('GET', '/held')));
    await server.received(CONNECTIONS);
  });
  afterEach(async () => {
    client.close();
    await server.close();
    await held;
  });

  endsInTime();
});

describe('a request for which the proxy opens no connection', () => {
  let proxy: Server;
  const sockets: Socket[] = [];
  beforeEach(async () => {
    proxy = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const config = new KubeConfig();
    const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    config.loadFromClusterAndUser(
      { name: 'far', server: 'https://192.0.2.1', skipTLSVerify: true, proxyUrl },
      { name: 'me', token: 'secret' },
    );
    client = createKubeClient(config);
  });
  afterEach(async () => {
    client.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    proxy.close();
    await once(proxy, 'close');
  });

  endsInTime();

  test('and so does a stream', async () => {
    const stop = new AbortController();
    const stream = client.stream('/x', { signal: stop.signal });
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('the end'));
    await expect(stream).rejects.toThrow('the end');
  });
});
