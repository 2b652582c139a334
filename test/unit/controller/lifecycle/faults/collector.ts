import { once } from 'node:events';
import http from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { decodeTracesProtobuf } from '../../../../../shared/otlp/decode-protobuf.ts';
import { locateSpans } from '../../../../../shared/otlp/spans.ts';
import type { LocatedSpan } from '../../../../../shared/otlp/spans.ts';

/** What the collector does with a request. `keeps`: which of its spans are stored. */
export interface Answer {
  keeps: (span: LocatedSpan) => boolean;
  respond: (response: ServerResponse) => void;
}

const all = (): boolean => true;
const none = (): boolean => false;

export const ACCEPTED: Answer = { keeps: all, respond: (response) => void response.writeHead(200).end() };
/** The request stays open until the sender gives it up. */
export const SILENCE: Answer = { keeps: none, respond: () => undefined };
/** The spans are stored, and the connection breaks before the sender has a response. */
export const UNANSWERED: Answer = { keeps: all, respond: (response) => void response.destroy() };
export const refusal = (status: number, headers: Record<string, string> = {}): Answer => ({
  keeps: none,
  respond: (response) => void response.writeHead(status, headers).end('the collector’s reason'),
});

/** OTLP's partial success, in JSON: some collectors answer in JSON whatever was sent. */
export const partialSuccess = (keeps: (span: LocatedSpan) => boolean): Answer => ({
  keeps,
  respond(response) {
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'too old' } });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  },
});

/** An OTLP collector on a port of its own, which stores what its answers keep. */
export class Collector {
  readonly stored: LocatedSpan[] = [];
  /** How many requests came. */
  requests = 0;
  answer: (spans: LocatedSpan[]) => Answer = () => ACCEPTED;
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      this.requests += 1;
      const spans = locateSpans(decodeTracesProtobuf(Buffer.concat(chunks)));
      const { keeps, respond } = this.answer(spans);
      this.stored.push(...spans.filter(keeps));
      respond(response);
    });
  });
  #port = 0;

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}/v1/traces`);
  }

  /** Takes connections, after a `close` at the same port. */
  async open(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** From now on connections are refused. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
