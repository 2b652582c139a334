import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Collector {
  /** For `--jaeger-collector-url`. */
  url: string;
  close(): Promise<void>;
}

/** An OTLP/HTTP collector that accepts all it is sent and hands each export to `take`; what that throws is answered with 400. */
export async function startCollector(take: (body: Buffer) => void): Promise<Collector> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        take(Buffer.concat(chunks));
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      } catch (error) {
        response.writeHead(400).end(String(error));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
