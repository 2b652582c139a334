import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { decodeTracesProtobuf } from '../../../shared/otlp/decode-protobuf.ts';
import { locateSpans } from '../../../shared/otlp/spans.ts';
import type { TraceStore } from '../../../local/tracestore/server.ts';

export interface Collector {
  url: string;
  /** What is done with an export that the trace store has taken, before the sender hears of it; throwing leaves it unanswered. */
  onAccepted: (spanNames: string[]) => void | Promise<void>;
  close(): Promise<void>;
}

/** A collector in front of the trace store: what comes in is stored there, and the test decides what the sender is told. */
export async function startCollector(traces: TraceStore, port = 0): Promise<Collector> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void accept(Buffer.concat(chunks), request.headers['content-type'] ?? '').then(
        (status) => response.writeHead(status).end(),
        () => response.destroy(),
      );
    });
  });
  async function accept(body: Buffer, contentType: string): Promise<number> {
    const headers = { 'content-type': contentType, authorization: `Bearer ${traces.token}` };
    const stored = await fetch(traces.otlpUrl, { method: 'POST', headers, body: new Uint8Array(body) });
    await collector.onAccepted(locateSpans(decodeTracesProtobuf(body)).map(({ span }) => span.name));
    return stored.status;
  }
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const collector: Collector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    onAccepted: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return collector;
}
