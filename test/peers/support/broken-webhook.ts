import { once } from 'node:events';
import https from 'node:https';
import type { RequestListener } from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';

import type { KeyPair } from '../../../certs/authority.ts';

/** What an API server meets in the webhook's place. */
export interface BrokenWebhook {
  port: number;
  /** How often somebody connected, or sent a request. */
  hits(): number;
  close(): void;
}

async function listening(server: net.Server, hits: () => number): Promise<BrokenWebhook> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    hits,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Accepts connections, and does nothing but `meet` with them. */
export function brokenConnection(meet: (socket: net.Socket) => void): Promise<BrokenWebhook> {
  let hits = 0;
  const server = net.createServer((socket) => {
    hits++;
    meet(socket);
  });
  return listening(server, () => hits);
}

/** Speaks TLS, and answers each review by `answer`. */
export function brokenAnswer({ certPem, keyPem }: KeyPair, answer: RequestListener): Promise<BrokenWebhook> {
  let hits = 0;
  const server = https.createServer({ cert: certPem, key: keyPem }, (request, response) => {
    hits++;
    answer(request, response);
  });
  server.on('tlsClientError', () => hits++);
  return listening(server, () => hits);
}
