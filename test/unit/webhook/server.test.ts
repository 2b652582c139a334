import { once } from 'node:events';
import https from 'node:https';
import tls from 'node:tls';

import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';

import { Registry } from 'prom-client';

import { createAuthority, issueCertificate } from '../../../certs/authority.ts';
import type { Authority, KeyPair } from '../../../certs/authority.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { createWebhookMetrics } from '../../../webhook/metrics.ts';
import { startWebhookServer } from '../../../webhook/server.ts';
import type { WebhookServer } from '../../../webhook/server.ts';
import { loopbackAddresses } from '../shared/runtime/loopback.ts';
import { pipelineRun, reviewOf, settings } from './review.ts';

const HOUR_MS = 3_600_000;
let authority: Authority;
let first: KeyPair;
let second: KeyPair;
let server: WebhookServer;

beforeAll(async () => {
  authority = await createAuthority({ commonName: 'test authority', lifetimeMs: HOUR_MS });
  const leaf = (commonName: string) =>
    issueCertificate(authority, { commonName, dnsNames: ['localhost'], usage: 'server', lifetimeMs: HOUR_MS });
  [first, second] = await Promise.all([leaf('first'), leaf('second')]);
});

beforeEach(async () => {
  server = await startWebhookServer({ host: '127.0.0.1', port: 0, certificate: first, settings, log: silentLogger });
});

afterEach(() => server.close());

async function servedName(port = server.port, host = '127.0.0.1'): Promise<string> {
  const socket = tls.connect({ host, port, servername: 'localhost', ca: authority.certPem });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

function post(agent: https.Agent): Promise<{ status: number | undefined; connection: string | undefined }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    status: number | undefined;
    connection: string | undefined;
  }>();
  const request = https.request(
    {
      host: '127.0.0.1',
      port: server.port,
      servername: 'localhost',
      ca: authority.certPem,
      agent,
      method: 'POST',
      path: '/mutate/pipelinerun',
    },
    (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode, connection: response.headers.connection }));
    },
  );
  request.on('error', reject);
  request.end(JSON.stringify(reviewOf('pipelinerun', pipelineRun())));
  return promise;
}

test('answers a review over HTTPS under a certificate of the given authority', async () => {
  const agent = new https.Agent();
  expect((await post(agent)).status).toBe(200);
  agent.destroy();
});

test('serves new connections with a swapped certificate, and those it has go on', async () => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  await post(agent);
  server.setCertificate(second);
  expect(await servedName()).toBe('second');
  expect((await post(agent)).status).toBe(200);
  agent.destroy();
});

test('refuses a key that is not the certificate’s, and serves on with what it has', async () => {
  const mixed = { certPem: second.certPem, keyPem: first.keyPem };
  expect(() => server.setCertificate(mixed)).toThrow('do not belong together');
  expect(await servedName()).toBe('first');
  const start = startWebhookServer({ host: '127.0.0.1', port: 0, certificate: mixed, settings, log: silentLogger });
  await expect(start).rejects.toThrow('do not belong together');
});

test('a port that is taken is an error of the start', async () => {
  const start = startWebhookServer({
    host: '127.0.0.1',
    port: server.port,
    certificate: first,
    settings,
    log: silentLogger,
  });
  await expect(start).rejects.toThrow('EADDRINUSE');
});

test('while it drains it still answers, and asks its clients to come no more', async () => {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  await post(agent);
  const closed = server.close(1500);
  expect(await post(agent)).toEqual({ status: 200, connection: 'close' });
  await closed;
  await expect(post(agent)).rejects.toThrow('ECONNREFUSED');
  agent.destroy();
});

test('a review that is being sent when it closes is answered', async () => {
  const body = JSON.stringify(reviewOf('pipelinerun', pipelineRun()));
  const began = Promise.withResolvers<void>();
  const observer = { ...createWebhookMetrics(new Registry()), began: began.resolve };
  const busy = await startWebhookServer({
    ...{ host: '127.0.0.1', port: 0, certificate: first, settings },
    observer,
    log: silentLogger,
  });
  const request = https.request({
    ...{ host: '127.0.0.1', port: busy.port, servername: 'localhost', ca: authority.certPem, agent: false },
    ...{ method: 'POST', path: '/mutate/pipelinerun', headers: { 'content-length': Buffer.byteLength(body) } },
  });
  request.write(body.slice(0, 20));
  await began.promise;
  const closed = busy.close();
  request.end(body.slice(20));
  const [response] = (await once(request, 'response')) as [{ statusCode: number; resume: () => void }];
  response.resume();
  expect(response.statusCode).toBe(200);
  await closed;
});

test('a handshake that fails ends nothing', async () => {
  const socket = tls.connect({
    host: '127.0.0.1',
    port: server.port,
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
  });
  await once(socket, 'error');
  expect(await servedName()).toBe('first');
});

test('without a host it serves at every address of the machine, IPv6 included', async () => {
  const everywhere = await startWebhookServer({ port: 0, certificate: first, settings, log: silentLogger });
  try {
    for (const host of loopbackAddresses())
      expect([host, await servedName(everywhere.port, host)]).toEqual([host, 'first']);
  } finally {
    await everywhere.close();
  }
});
