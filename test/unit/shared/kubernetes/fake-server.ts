import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { KubeConfig } from '@kubernetes/client-node';

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface FakeServer {
  url: string;
  config: KubeConfig;
  /** `METHOD path?query` of every request so far. */
  requests: string[];
  /** Answers the next requests, one each; after them every request gets the last one again. */
  answers: Answer[];
  /** Resolves when `count` requests have come. */
  received(count: number): Promise<void>;
  /** Breaks every connection, as a server that dies does. */
  dropConnections(): void;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** An API server that answers what it is told to, on a free port of the loopback. */
export async function startFakeServer(...answers: Answer[]): Promise<FakeServer> {
  const requests: string[] = [];
  const awaited: { count: number; resolve: () => void }[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    for (const { count, resolve } of awaited) if (requests.length >= count) resolve();
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    void bodyOf(request).then((body) => answer?.(request, response, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: 'fake', server: url, skipTLSVerify: true }, { name: 'me', token: 'secret' });
  return {
    url,
    config,
    requests,
    answers,
    received: (count) =>
      new Promise((resolve) => {
        awaited.push({ count, resolve });
        if (requests.length >= count) resolve();
      }),
    dropConnections: () => server.closeAllConnections(),
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Answers with JSON. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };
}

/** Answers with lines and stays open; `end` ends it after them. */
export function lines(events: unknown[], end = false): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const event of events) response.write(`${JSON.stringify(event)}\n`);
    if (end) response.end();
  };
}
