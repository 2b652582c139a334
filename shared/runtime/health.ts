import http from 'node:http';
import type { ServerResponse } from 'node:http';

import type { Registry } from 'prom-client';

import { renderMetrics } from './metrics.ts';

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

export interface HealthServerOptions {
  /** Default: every address of the machine, IPv6 included. */
  host?: string;
  /** The metrics of /metrics. */
  metrics?: Registry;
}

function answer(response: ServerResponse, status: number, text = http.STATUS_CODES[status], type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}

async function answerReady(response: ServerResponse, isReady: () => boolean | Promise<boolean>): Promise<void> {
  const ready = await (async () => isReady())().catch(() => false);
  answer(response, ready ? 200 : 503);
}

async function answerMetrics(response: ServerResponse, metrics: Registry, accept: string | undefined): Promise<void> {
  try {
    const { text, contentType } = await renderMetrics(metrics, accept);
    answer(response, 200, text, contentType);
  } catch (error) {
    answer(response, 500, `collecting metrics failed: ${String(error)}`);
  }
}

/**
 * Plain HTTP for kubelet and Prometheus: /livez always succeeds, /readyz succeeds while `isReady` gives true (a rejection is false), /metrics
 * has the `metrics`. Rejects if the port is in use.
 */
export async function startHealthServer(
  port: number,
  isReady: () => boolean | Promise<boolean>,
  { host, metrics }: HealthServerOptions = {},
): Promise<HealthServer> {
  const server = http.createServer((request, response) => {
    // Prometheus may be configured to send query parameters.
    const path = request.url?.split('?')[0];
    if (path === '/livez') answer(response, 200);
    else if (path === '/readyz') void answerReady(response, isReady);
    else if (path === '/metrics' && metrics) void answerMetrics(response, metrics, request.headers.accept);
    else answer(response, 404);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, resolve);
  });
  // If a connection can't be accepted (no descriptor is left), the kubelet or Prometheus retries.
  server.on('error', () => undefined);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
