import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { decodeTracesProtobuf } from '../../../shared/otlp/decode-protobuf.ts';
import { locateSpans } from '../../../shared/otlp/spans.ts';
import type { Span } from '../../../shared/otlp/types.ts';

/** A span as it was accepted. */
export interface Recorded {
  span: Span;
  service: string;
  /** All that was sent of it, its resource and scope included: two with the same text are the same span. */
  text: string;
}

/** A collector in front of another one: what that accepted is kept here, every copy of it. */
export interface Recorder {
  /** For `--jaeger-collector-url`. */
  url: string;
  /** By trace id, in the order of their arrival. */
  traces: Map<string, Recorded[]>;
  close(): Promise<void>;
}

async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `next` is the URL that takes OTLP over HTTP. */
export async function startRecorder(next: string): Promise<Recorder> {
  const traces = new Map<string, Recorded[]>();
  const keep = (body: Buffer): void => {
    for (const { span, resource, scope, serviceName } of locateSpans(decodeTracesProtobuf(body))) {
      const spans = traces.get(span.traceId) ?? [];
      spans.push({ span, service: serviceName, text: JSON.stringify([resource, scope, span]) });
      traces.set(span.traceId, spans);
    }
  };
  const server = http.createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const body = await bodyOf(request);
      const type = request.headers['content-type'] ?? '';
      const answer = await fetch(next, {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { 'content-type': type },
      });
      const answered = Buffer.from(await answer.arrayBuffer());
      if (answer.ok) keep(body);
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? type }).end(answered);
    };
    pass().catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(502);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    traces,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
