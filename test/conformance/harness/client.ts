import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';

import { loadKubeConfig } from '../../../shared/kubernetes/kubeconfig.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- cases read answers as what they expect
export type Json = any;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Parsed where it is JSON, else the text. */
  body: Json;
}

export interface RequestOptions {
  body?: unknown;
  contentType?: string;
  accept?: string;
  headers?: Record<string, string>;
}

export interface RawStream {
  answer: Answer;
  /** The lines of a 200; ends with the connection. */
  lines: AsyncIterator<string>;
  end(): void;
}

/** Plain HTTPS with an administrator's certificate: nothing is retried, hidden or checked. */
export interface RawClient {
  send(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  stream(path: string, options?: RequestOptions): Promise<RawStream>;
  close(): void;
}

const REQUEST_TIMEOUT_MS = 60_000;
const USER_AGENT = 'conformance/1';

function parsed(text: string): Json {
  return /^[{[]/.test(text) ? JSON.parse(text) : text;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}

function payload(body: unknown): string | Buffer | undefined {
  return body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

export function createRawClient(kubeconfig: string): RawClient {
  const config = loadKubeConfig({ text: kubeconfig });
  const decoded = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();
  const server = config.getCurrentCluster()?.server ?? '';
  const agent = new Agent({
    ca: decoded(config.getCurrentCluster()?.caData),
    cert: decoded(config.getCurrentUser()?.certData),
    key: decoded(config.getCurrentUser()?.keyData),
    keepAlive: true,
  });
  const open = (
    method: string,
    path: string,
    options: RequestOptions,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> => {
    const body = payload(options.body);
    const headers: Record<string, string | number> = {
      'user-agent': USER_AGENT,
      accept: options.accept ?? 'application/json',
      ...(body === undefined
        ? {}
        : { 'content-type': options.contentType ?? 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...options.headers,
    };
    return new Promise((resolve, reject) => {
      const sent = httpsRequest(
        new URL(server + path),
        { method, agent, headers, ...(signal ? { signal } : {}) },
        resolve,
      );
      sent.on('error', reject);
      sent.end(body);
    });
  };
  return {
    async send(method, path, options = {}) {
      const response = await open(method, path, options, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
      const { statusCode: status = 0, headers } = response;
      return { status, headers, body: parsed(await textOf(response)) };
    },
    async stream(path, options = {}) {
      const response = await open('GET', path, options);
      const { statusCode: status = 0, headers } = response;
      // How a stream ends is seen by whoever reads its lines.
      response.on('error', () => undefined);
      const body = status === 200 ? undefined : parsed(await textOf(response));
      const lines = createInterface({ input: response })[Symbol.asyncIterator]();
      return { answer: { status, headers, body }, lines, end: () => response.destroy() };
    },
    close: () => agent.destroy(),
  };
}
