import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import { subscribe } from 'node:diagnostics_channel';

import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import type { KubeClient, KubeClientOptions } from '../../../../shared/kubernetes/client.ts';
import { ApiError, ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import { MERGE_PATCH } from '../../../../shared/kubernetes/resources.ts';
import { json, lines, startFakeServer } from './fake-server.ts';
import type { Answer, FakeServer } from './fake-server.ts';

let server: FakeServer;
let client: KubeClient;

async function connect(options: KubeClientOptions, ...answers: Answer[]): Promise<void> {
  server = await startFakeServer(...answers);
  client = createKubeClient(server.config, options);
}

/** From now on the limits of the client pass only when the test lets them; the connections are real. */
const holdLimits = (): void =>
  void jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'performance', 'hrtime', 'Date'],
  });

afterEach(async () => {
  jest.useRealTimers();
  client.close();
  await server.close();
});

describe('a request', () => {
  test('carries credentials, user agent, query and a body of its type', async () => {
    let seen: Record<string, unknown> = {};
    await connect({ userAgent: 'tektrace/1' }, (request, response, body) => {
      seen = { ...request.headers, body };
      json({ ok: true })(request, response, body);
    });
    const options = { query: { limit: 5, watch: undefined }, body: { a: 1 }, contentType: MERGE_PATCH };
    expect(await client.request('PATCH', '/api/v1/pods', options)).toEqual({ ok: true });
    expect(server.requests).toEqual(['PATCH /api/v1/pods?limit=5']);
    expect(seen).toMatchObject({
      authorization: 'Bearer secret',
      'user-agent': 'tektrace/1',
      'content-type': 'application/merge-patch+json',
      body: '{"a":1}',
    });
  });

  test('that is refused throws the server’s error', async () => {
    await connect({}, json({ kind: 'Status', reason: 'NotFound', message: 'pods "x" not found' }, 404));
    const error: unknown = await client.request('GET', '/api/v1/pods/x').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      status: 404,
      reason: 'NotFound',
      message: 'GET /api/v1/pods/x: 404 pods "x" not found',
    });
  });

  test('that is refused in plain text throws that text', async () => {
    await connect({}, (_request, response) => void response.writeHead(502).end('Bad Gateway'));
    await expect(client.request('GET', '/x')).rejects.toThrow('GET /x: 502 Bad Gateway');
  });

  test('that gets Retry-After is retried up to the maximum', async () => {
    const busy = json({ message: 'busy' }, 429, { 'retry-after': '0' });
    await connect({ attempts: 3 }, busy, busy, json({ ok: true }));
    expect(await client.request('GET', '/x')).toEqual({ ok: true });
    server.answers.splice(0, server.answers.length, busy);
    await expect(client.request('GET', '/x')).rejects.toMatchObject({ status: 429 });
    expect(server.requests).toHaveLength(6);
  });

  test('that fails without Retry-After is not tried again', async () => {
    await connect({ attempts: 3 }, json({ message: 'broken' }, 503));
    await expect(client.request('GET', '/x')).rejects.toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(1);
  });

  test('without an answer throws after its time, naming the address', async () => {
    await connect({ requestTimeoutMs: 50 }, () => undefined);
    const error: unknown = await client.request('GET', '/slow').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ message: `GET ${server.url}/slow: no response within 50 ms` });
  });

  test('with a user in the server’s URL names neither user nor query where it fails', async () => {
    await connect({ requestTimeoutMs: 50 }, () => undefined);
    const { host } = new URL(server.url);
    const [cluster] = server.config.clusters;
    server.config.clusters = [{ ...cluster, name: 'fake', server: `http://jane:p@ss@${host}`, skipTLSVerify: true }];
    client.close();
    client = createKubeClient(server.config, { requestTimeoutMs: 50 });
    const pending = client.request('GET', '/slow', { query: { limit: 1 } });
    await expect(pending).rejects.toThrow(`GET ${server.url}/slow: no response within 50 ms`);
    expect(client.server).toBe(server.url);
  });

  test('with an invalid response throws with the request', async () => {
    await connect({}, (_request, response) => void response.end('<html>login</html>'));
    await expect(client.request('GET', '/x')).rejects.toThrow(/GET \/x.*<html>/);
  });

  test('whose answer breaks off throws', async () => {
    await connect({}, (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":', () => response.destroy());
    });
    await expect(client.request('GET', '/x')).rejects.toThrow('GET /x: the response ended early, after 5 bytes');
  });

  test('whose answer stops half way throws after its time', async () => {
    await connect({ requestTimeoutMs: 50, attempts: 1 }, (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"a":');
    });
    holdLimits();
    const answered = Promise.withResolvers<void>();
    subscribe('http.client.response.finish', () => answered.resolve());
    const failed = expect(client.request('GET', '/x')).rejects.toThrow(
      'GET /x: the response stopped after 5 bytes: nothing came for 50 ms',
    );
    await answered.promise;
    // The bytes came with the headers; until they are read.
    await new Promise((resolve) => setImmediate(resolve));
    jest.advanceTimersByTime(50);
    await failed;
  });

  test('whose answer is too large throws, and its connection is closed', async () => {
    await connect({ maxBodyBytes: 1000 }, json({ large: 'x'.repeat(1000) }), json({ ok: true }));
    await expect(client.request('GET', '/x')).rejects.toThrow('GET /x: the response is larger than 1000 bytes');
    expect(await client.request('GET', '/x')).toEqual({ ok: true });
  });

  test('that is sent elsewhere throws, naming where', async () => {
    await connect({}, json({}, 302, { location: 'https://login.example/' }));
    await expect(client.request('GET', '/x')).rejects.toThrow('answered 302, a redirect to https://login.example/');
  });

  test('with credentials that can be no header throws', async () => {
    await connect({});
    server.config.users = [{ name: 'me', token: 'line\nbreak' }];
    client.close();
    client = createKubeClient(server.config);
    await expect(client.request('GET', '/x')).rejects.toThrow(/GET .*\/x: .*Invalid character in header content/);
  });

  test('finds a connection although many streams are open', async () => {
    await connect({ requestTimeoutMs: 60_000 }, (request, response, body) =>
      request.url?.startsWith('/watch')
        ? lines([])(request, response, body)
        : json({ ok: true })(request, response, body),
    );
    await Promise.all(Array.from({ length: 70 }, () => client.stream('/watch')));
    expect(await client.request('GET', '/x')).toEqual({ ok: true });
  });

  test('ends with the reason of the signal that aborts it', async () => {
    await connect({}, () => undefined);
    const abort = new AbortController();
    const pending = client.request('GET', '/x', { signal: abort.signal });
    const reason = new Error('shutting down');
    abort.abort(reason);
    await expect(pending).rejects.toBe(reason);
  });
});

test('a request or stream that is aborted within its answer ends with the reason', async () => {
  await connect({}, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"n":1}\n');
  });
  const reason = new Error('shutting down');
  const stop = new AbortController();
  const read = async (): Promise<void> => {
    for await (const line of await client.stream('/watch', { signal: stop.signal })) {
      expect(line).toBe('{"n":1}');
      stop.abort(reason);
    }
  };
  const whole = client.request('GET', '/x', { signal: stop.signal });
  await Promise.all([expect(read()).rejects.toBe(reason), expect(whole).rejects.toBe(reason)]);
});

describe('a stream', () => {
  test('gives lines as they come', async () => {
    await connect({}, lines([{ n: 1 }, { n: 2 }], true));
    const seen: string[] = [];
    for await (const line of await client.stream('/watch')) seen.push(line);
    expect(seen).toEqual(['{"n":1}', '{"n":2}']);
  });

  test('that is refused throws the server’s error', async () => {
    await connect({}, json({ reason: 'Expired', message: 'too old' }, 410));
    await expect(client.stream('/watch')).rejects.toMatchObject({ status: 410, reason: 'Expired' });
  });

  test('that breaks off throws once its lines were read', async () => {
    await connect({}, (_request, response) => {
      response.writeHead(200);
      response.write('{"n":1}\n', () => response.destroy());
    });
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const line of await client.stream('/watch')) seen.push(line);
    };
    await expect(read()).rejects.toBeInstanceOf(ConnectionError);
    expect(seen).toEqual(['{"n":1}']);
  });

  test('may be silent for longer than a request may take', async () => {
    const silence = Promise.withResolvers<void>();
    await connect({ requestTimeoutMs: 30 }, (_request, response) => {
      response.writeHead(200);
      response.flushHeaders();
      void silence.promise.then(() => response.end('{"late":true}\n'));
    });
    holdLimits();
    const stream = await client.stream('/watch');
    jest.advanceTimersByTime(60_000);
    silence.resolve();
    const seen: string[] = [];
    for await (const line of stream) seen.push(line);
    expect(seen).toEqual(['{"late":true}']);
  });

  test('without a limit may also be silent before its first line', async () => {
    await connect({ requestTimeoutMs: 30 }, (_request, response) => {
      setTimeout(() => response.end('late\n'), 120);
    });
    const seen: string[] = [];
    for await (const line of await client.stream('/log', { timeoutMs: 0 })) seen.push(line);
    expect(seen).toEqual(['late']);
  });

  test('that is left closes its connection', async () => {
    let closed: () => void;
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    await connect({}, (request, response, body) => {
      response.on('close', () => closed());
      lines([{ n: 1 }])(request, response, body);
    });
    for await (const line of await client.stream('/watch')) {
      expect(line).toBe('{"n":1}');
      break;
    }
    await isClosed;
  });
});

test('a kubeconfig without a cluster is refused with what to do', async () => {
  await connect({}, json({}));
  expect(() => createKubeClient(new KubeConfig())).toThrow('KUBECONFIG');
});
