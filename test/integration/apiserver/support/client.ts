import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import type { Identity } from '../../../../local/apiserver/identity/kubeconfig.ts';
import { startApiServer } from '../../../../local/apiserver/server.ts';
import type { ApiServerOptions, RunningApiServer } from '../../../../local/apiserver/server.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the tests read answers as what they expect
export type Json = any;

export interface Answer {
  code: number;
  body: Json;
  headers: IncomingMessage['headers'];
}

export interface Options {
  headers?: Record<string, string>;
  contentType?: string;
}

export interface WatchEvent {
  type: string;
  object: Json;
}

/** Plain HTTPS requests with one identity's certificate. */
export interface Client {
  request(method: string, path: string, body?: unknown, options?: Options): Promise<Answer>;
  /** The parsed lines of a watch; ends with the stream. */
  watch(path: string, headers?: Record<string, string>): Promise<AsyncIterator<WatchEvent> & { end(): void }>;
  close(): void;
}

function send(
  url: string,
  agent: Agent,
  method: string,
  body: string | Buffer | undefined,
  headers: Record<string, string | number>,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const sent = httpsRequest(url, { method, agent, headers: { ...headers, ...length } }, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) text += chunk;
  return text;
}

function parsed(text: string): Json {
  return text.startsWith('{') ? JSON.parse(text) : text;
}

export async function createClient(server: RunningApiServer, identity?: Identity): Promise<Client> {
  const { users } = parse(await server.kubeconfig(identity)) as { users: { user: Record<string, string> }[] };
  const pem = (key: string): string => Buffer.from(users[0]?.user[key] ?? '', 'base64').toString();
  const agent = new Agent({
    ca: server.caPem,
    cert: pem('client-certificate-data'),
    key: pem('client-key-data'),
    keepAlive: true,
  });
  return {
    async request(method, path, body, { headers = {}, contentType = 'application/json' } = {}) {
      const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      const response = await send(server.url + path, agent, method, raw, {
        'content-type': contentType,
        'user-agent': 'test/1',
        ...headers,
      });
      return { code: response.statusCode ?? 0, body: parsed(await textOf(response)), headers: response.headers };
    },
    async watch(path, headers = {}) {
      const response = await send(server.url + path, agent, 'GET', undefined, headers);
      response.on('error', () => undefined);
      const lines = createInterface({ input: response })[Symbol.asyncIterator]();
      return {
        async next() {
          const { value, done } = await lines.next();
          return done === true ? { value: undefined, done } : { value: JSON.parse(value) as WatchEvent, done: false };
        },
        end: () => response.destroy(),
      };
    },
    close: () => agent.destroy(),
  };
}

export interface Running {
  server: RunningApiServer;
  client: Client;
  stop(): Promise<void>;
}

export async function start(options: ApiServerOptions = {}): Promise<Running> {
  const server = await startApiServer(options);
  const client = await createClient(server);
  return {
    server,
    client,
    async stop() {
      await server.close();
      client.close();
    },
  };
}

/** Reads a watch until an event fits; fails when the stream ends before. */
export async function waitFor(
  events: AsyncIterator<WatchEvent>,
  fits: (event: WatchEvent) => boolean,
): Promise<WatchEvent> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) throw new Error('the watch ended before the event came');
    if (fits(value)) return value;
  }
}
