import { once } from 'node:events';
import tls from 'node:tls';
import net from 'node:net';

import { afterEach, beforeAll, expect, test } from '@jest/globals';

import { createAuthority, issueCertificate } from '../../../certs/authority.ts';
import type { Authority, CertificateRequest, KeyPair } from '../../../certs/authority.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { startWebhookServer } from '../../../webhook/server.ts';
import type { WebhookLimits, WebhookServer } from '../../../webhook/server.ts';
import { pipelineRun, reviewOf, settings } from './review.ts';

const HOUR_MS = 3_600_000;
let authority: Authority;
let certificate: KeyPair;
let server: WebhookServer;

beforeAll(async () => {
  authority = await createAuthority({ commonName: 'test authority', lifetimeMs: HOUR_MS });
  const request: CertificateRequest = {
    commonName: 'webhook',
    dnsNames: ['localhost'],
    usage: 'server',
    lifetimeMs: HOUR_MS,
  };
  certificate = await issueCertificate(authority, request);
});
afterEach(() => server.close());

async function start(limits: Partial<WebhookLimits>): Promise<void> {
  server = await startWebhookServer({ host: '127.0.0.1', port: 0, certificate, settings, log: silentLogger, limits });
}

async function connect(): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', ca: authority.certPem });
  await once(socket, 'secureConnect');
  return socket;
}

/** What the server sends until it ends the connection. */
async function allOf(socket: net.Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

const post = (body: string, headers = ''): string =>
  `POST /mutate/pipelinerun HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;

test('who sends its headers too slowly is cut off', async () => {
  await start({ headersTimeoutMs: 50, timeoutCheckMs: 20 });
  const socket = await connect();
  socket.write('POST /mutate/pipelinerun HTTP/1.1\r\nhost: local');
  expect(await allOf(socket)).toMatch(/^HTTP\/1.1 408 /);
});

test('who sends its body too slowly is cut off', async () => {
  await start({ headersTimeoutMs: 50, requestTimeoutMs: 100, timeoutCheckMs: 20 });
  const socket = await connect();
  socket.write('POST /mutate/pipelinerun HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{"kind":');
  expect(await allOf(socket)).toMatch(/^HTTP\/1.1 408 /);
});

test('who connects and begins no handshake is cut off', async () => {
  await start({ handshakeTimeoutMs: 50 });
  const socket = net.connect({ host: '127.0.0.1', port: server.port });
  await once(socket, 'connect');
  expect(await allOf(socket)).toBe('');
});

test('who has connected and sends nothing does not keep it from closing', async () => {
  await start({ headersTimeoutMs: HOUR_MS, requestTimeoutMs: HOUR_MS, closeTimeoutMs: 50 });
  const cut = allOf(await connect());
  await server.close();
  expect(await cut).toBe('');
});

test('larger headers than any API server sends are refused', async () => {
  await start({});
  const socket = await connect();
  socket.write(post('{}', `x-large: ${'x'.repeat(17 << 10)}\r\n`));
  expect(await allOf(socket)).toMatch(/^HTTP\/1.1 431 /);
});

test('a compressed body is refused, so that none grows beyond the limit', async () => {
  await start({});
  const socket = await connect();
  socket.write(post('x', 'content-encoding: gzip\r\nconnection: close\r\n'));
  expect(await allOf(socket)).toMatch(/^HTTP\/1.1 415 /);
});

test('connections beyond the limit are closed at once, and those that are there are served', async () => {
  await start({ maxConnections: 1 });
  const first = await connect();
  const second = net.connect({ host: '127.0.0.1', port: server.port });
  expect(await allOf(second)).toBe('');
  first.write(post(JSON.stringify(reviewOf('pipelinerun', pipelineRun())), 'connection: close\r\n'));
  expect(await allOf(first)).toMatch(/^HTTP\/1.1 200 /);
});

test('bodies that are too large together cost their largest sender the connection, and a review is answered meanwhile', async () => {
  await start({ maxHeldBytes: 100_000 });
  const review = JSON.stringify(reviewOf('pipelinerun', pipelineRun()));
  const [large, larger] = [await connect(), await connect()];
  // The connection is closed while there are bytes to read: that is an error here.
  const cut = new Promise((resolve) => larger.on('error', () => undefined).once('close', resolve));
  large.write(post('x'.repeat(90_000), 'connection: close\r\n').slice(0, -50_000));
  larger.write(post('x'.repeat(900_000)).slice(0, -10_000));
  await cut;
  const small = await connect();
  small.write(post(review, 'connection: close\r\n'));
  expect(await allOf(small)).toMatch(/^HTTP\/1.1 200 /);
  large.write('x'.repeat(50_000));
  expect(await allOf(large)).toMatch(/^HTTP\/1.1 400 /);
});

test('a body is held until its answer, and no longer', async () => {
  await start({ maxHeldBytes: 100_000 });
  const socket = await connect();
  for (let round = 0; round < 5; round++) {
    const answered = once(socket, 'data');
    socket.write(post('x'.repeat(60_000)));
    expect(String((await answered)[0])).toMatch(/^HTTP\/1.1 400 /);
  }
  socket.destroy();
});
