import { once } from 'node:events';
import http from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { serviceResource } from '../../../../../shared/tracing/resource.ts';
import { toReadableSpan } from '../../../../../shared/tracing/span-record.ts';

export interface Collector {
  url: (path: string) => URL;
  requests: { path: string | undefined; headers: IncomingHttpHeaders; body: Buffer }[];
  /** What the next requests get; the last entry for all that follow. */
  answers: ((response: ServerResponse) => void)[];
  close(): Promise<void>;
}

export const status =
  (code: number, headers: Record<string, string> = {}, body?: Uint8Array) =>
  (response: ServerResponse): void =>
    void response.writeHead(code, headers).end(body);

/** A collector on a free port that answers what it is told to. */
export async function startCollector(): Promise<Collector> {
  const collector: Omit<Collector, 'url' | 'close'> = { requests: [], answers: [status(200)] };
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      collector.requests.push({ path: request.url, headers: request.headers, body: Buffer.concat(chunks) });
      const [answer] = collector.answers.length > 1 ? collector.answers.splice(0, 1) : collector.answers;
      answer?.(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(collector, {
    url: (path: string) => new URL(path, `http://127.0.0.1:${port}`),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  });
}

export function testSpan(name: string, service = 'tekton-pipelines', spanId = 'b7ad6b7169203331'): ReadableSpan {
  const record = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId,
    name,
    kind: SpanKind.INTERNAL,
    startMs: 1_777_629_600_000,
    endMs: 1_777_629_601_000,
    attributes: {},
    status: { code: SpanStatusCode.UNSET },
    events: [],
    links: [],
  };
  return toReadableSpan(record, serviceResource(service, 'cluster-1'));
}
