import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { decodeTracesProtobuf } from '../../shared/otlp/decode-protobuf.ts';
import { attribute, locateSpans } from '../../shared/otlp/spans.ts';

export interface ReconcileCounter {
  /** For `--jaeger-collector-url`. */
  url: string;
  /** How often each run was looked at: `PipelineRun build-1` → 4. */
  counts: Map<string, number>;
  close(): Promise<void>;
}

const OBJECT: Record<string, string> = {
  'PipelineRun:ReconcileKind': 'pipelinerun',
  'TaskRun:ReconcileKind': 'taskrun',
};

/** A collector that accepts all spans and keeps none: it counts the ReconcileKind spans of each run. */
export async function startReconcileCounter(): Promise<ReconcileCounter> {
  const counts = new Map<string, number>();
  function count(body: Buffer): void {
    for (const { span } of locateSpans(decodeTracesProtobuf(body))) {
      const key = OBJECT[span.name];
      if (key === undefined) continue;
      const run = `${span.name.split(':')[0]} ${attribute(span.attributes, key)}`;
      counts.set(run, (counts.get(run) ?? 0) + 1);
    }
  }
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        count(Buffer.concat(chunks));
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      } catch (error) {
        response.writeHead(400).end(String(error));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    counts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
