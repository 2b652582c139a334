import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';

import { createKubeClient } from '../../../../../shared/kubernetes/client.ts';
import type { KubeClient, KubeClientOptions } from '../../../../../shared/kubernetes/client.ts';
import type { RequestObserver } from '../../../../../shared/kubernetes/client/attempts.ts';
import { fencedClient } from '../../../../../shared/kubernetes/fenced-client.ts';
import { json, startFakeServer } from '../fake-server.ts';
import type { Answer, FakeServer } from '../fake-server.ts';

let server: FakeServer;
let client: KubeClient;
let sleptMs: number[];
let observed: unknown[][];
const observer: RequestObserver = {
  answered: (...call) => void observed.push(['answered', ...call.slice(0, 3)]),
  retried: (...call) => void observed.push(['retried', ...call]),
  throttled: (...call) => void observed.push(['throttled', ...call]),
};

async function connect(options: KubeClientOptions, ...answers: Answer[]): Promise<void> {
  server = await startFakeServer(...answers);
  sleptMs = [];
  observed = [];
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    sleptMs.push(ms);
    signal?.throwIfAborted();
  };
  client = createKubeClient(server.config, { random: () => 0, sleep, observer, ...options });
}

afterEach(async () => {
  client.close();
  await server.close();
});

const putOff = (status: number, seconds: string): Answer =>
  json({ message: 'later' }, status, { 'retry-after': seconds });
const reset: Answer = (request) => request.socket.destroy();

describe('a request that the server refuses with Retry-After', () => {
  test.each(['GET', 'POST', 'PATCH'])('%s is retried after the given time', async (method) => {
    await connect({}, putOff(429, '2'), putOff(503, '1'), putOff(500, '0'), json({ ok: true }));
    const path = '/apis/tekton.dev/v1/namespaces/ci/taskruns/build/status';
    expect(await client.request(method, path, method === 'GET' ? {} : { body: {} })).toEqual({ ok: true });
    expect(sleptMs).toEqual([2000, 1000, 0]);
    expect(observed).toEqual([
      ['answered', method, 'taskruns/status', '429'],
      ['retried', method, 'taskruns/status', '429'],
      ['answered', method, 'taskruns/status', '503'],
      ['retried', method, 'taskruns/status', '503'],
      ['answered', method, 'taskruns/status', '500'],
      ['retried', method, 'taskruns/status', '500'],
      ['answered', method, 'taskruns/status', '200'],
    ]);
  });

  test('for longer than a request may wait is handed to the caller', async () => {
    await connect({}, putOff(503, '3600'));
    await expect(client.request('GET', '/x')).rejects.toMatchObject({ status: 503, retryAfterMs: 3_600_000 });
    expect(server.requests).toHaveLength(1);
  });

  test('is given up after ten times', async () => {
    await connect({}, putOff(429, '1'));
    await expect(client.request('GET', '/x')).rejects.toMatchObject({ status: 429 });
    expect(server.requests).toHaveLength(10);
  });

  test('may be a watch', async () => {
    await connect({}, putOff(429, '1'), (_request, response) => void response.end('{"n":1}\n'));
    const seen: string[] = [];
    for await (const line of await client.stream('/api/v1/pods', { query: { watch: true } })) seen.push(line);
    expect(seen).toEqual(['{"n":1}']);
    expect(server.requests).toEqual(Array(2).fill('GET /api/v1/pods?watch=true'));
  });

  test('is left when the caller aborts meanwhile', async () => {
    const stop = new AbortController();
    const reason = new Error('shutting down');
    const sleep = async (): Promise<void> => {
      stop.abort(reason);
      throw reason;
    };
    await connect({ sleep }, putOff(429, '5'));
    await expect(client.request('GET', '/x', { signal: stop.signal })).rejects.toBe(reason);
    expect(server.requests).toHaveLength(1);
  });
});

describe('once the client is to stop', () => {
  test('a request waiting for its retry fails at once with the server’s error', async () => {
    const stopping = new AbortController();
    const sleep = async (_ms: number, signal?: AbortSignal): Promise<void> => {
      stopping.abort(new Error('SIGTERM'));
      signal?.throwIfAborted();
    };
    await connect({ sleep, stopping: stopping.signal }, putOff(503, '8'), json({}));
    await expect(client.request('PUT', '/x', { body: {} })).rejects.toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(1);
  });

  test('nothing is sent twice, and a success is returned', async () => {
    await connect({ stopping: AbortSignal.abort() }, putOff(429, '1'), reset, json({ ok: true }));
    await expect(client.request('PUT', '/x', { body: {} })).rejects.toMatchObject({ status: 429 });
    await expect(client.request('GET', '/x')).rejects.toMatchObject({ name: 'ConnectionError' });
    expect(await client.request('PUT', '/x', { body: {} })).toEqual({ ok: true });
    expect(sleptMs).toEqual([]);
  });
});

test('a write of a process that has lost its lease is not sent again', async () => {
  let isLeader = true;
  const sleep = async (): Promise<void> => void (isLeader = false);
  await connect({ sleep }, putOff(429, '1'), json({}));
  const fenced = fencedClient(client, () => isLeader);
  await expect(fenced.request('POST', '/x', { body: {} })).rejects.toMatchObject({ name: 'NotLeaderError' });
  expect(server.requests).toEqual(['POST /x']);
  expect(await fenced.request('GET', '/x')).toEqual({});
});

describe('a connection that is lost', () => {
  test('under a GET is made again', async () => {
    await connect({}, reset, json({ ok: true }));
    expect(await client.request('GET', '/api/v1/pods')).toEqual({ ok: true });
    expect(observed).toEqual([
      ['answered', 'GET', 'pods', '<error>'],
      ['retried', 'GET', 'pods', '<error>'],
      ['answered', 'GET', 'pods', '200'],
    ]);
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('under a %s is not: it may have been done', async (method) => {
    await connect({}, reset, json({ ok: true }));
    await expect(client.request(method, '/x', { body: {} })).rejects.toMatchObject({
      name: 'ConnectionError',
      sent: true,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('before anything was sent is made again for a POST, too', async () => {
    const port = await new Promise<number>((resolve) => {
      const free = createServer().listen(0, '127.0.0.1', () => {
        const { port } = free.address() as AddressInfo;
        free.close(() => resolve(port));
      });
    });
    await connect({}, json({ ok: true }));
    const config = new KubeConfig();
    const user = { name: 'me', token: 'secret' };
    config.loadFromClusterAndUser({ name: 'late', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }, user);
    const later = createServer((socket) => socket.end('HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}'));
    const sleep = async (): Promise<void> => {
      later.listen(port, '127.0.0.1');
      await once(later, 'listening');
    };
    const other = createKubeClient(config, { sleep });
    try {
      expect(await other.request('POST', '/x', { body: {} })).toEqual({});
    } finally {
      other.close();
      later.close();
    }
  });

  test('again and again is an error that says whether the request was sent', async () => {
    await connect({});
    await server.close();
    await expect(client.request('POST', '/x', { body: {} })).rejects.toMatchObject({ sent: false });
    expect(sleptMs).toHaveLength(2);
    server = await startFakeServer(json({}));
  });
});

describe("the client's own rate limit", () => {
  test('delays requests over the burst, and reports the delay', async () => {
    await connect({ rateLimit: { qps: 2, burst: 2 }, nowMs: () => 0 }, json({}));
    for (const _ of [1, 2, 3, 4]) await client.request('GET', '/api/v1/pods');
    expect(sleptMs).toEqual([500, 1000]);
    expect(observed.filter(([what]) => what === 'throttled')).toEqual(
      [0, 0, 500, 1000].map((ms) => ['throttled', 'GET', 'pods', ms]),
    );
  });

  test('counts repeats, too', async () => {
    await connect({ rateLimit: { qps: 1, burst: 1 }, nowMs: () => 0 }, putOff(429, '0'), json({}));
    await client.request('GET', '/api/v1/pods');
    expect(sleptMs).toEqual([0, 1000]);
  });

  test('counts nothing for a request that is aborted while it waits', async () => {
    await connect({ rateLimit: { qps: 1, burst: 1 }, nowMs: () => 0, sleep: waitFor }, json({}));
    const waits: number[] = [];
    async function waitFor(ms: number, signal?: AbortSignal): Promise<void> {
      waits.push(ms);
      if (signal)
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    }
    await client.request('GET', '/x');
    const stop = new AbortController();
    const waiting = client.request('GET', '/x', { signal: stop.signal });
    const reason = new Error('shutting down');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await client.request('GET', '/x');
    expect(waits.at(-1)).toBe(1000);
    expect(server.requests).toHaveLength(2);
  });
});
