import { Agent, request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import type { Webhook } from './configuration.ts';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Calls webhooks over HTTPS with HTTP/1.1 and connections that are kept alive, one pool for each address and CA. */
export interface WebhookCaller {
  /** Posts `body`, returns the parsed answer. Throws where the server can't be reached or trusted, is late, or answers anything but 200. */
  call(webhook: Webhook, body: unknown): Promise<unknown>;
  close(): void;
}

async function readAnswer(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  const raw = Buffer.concat(chunks);
  const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('utf8');
  if (response.statusCode !== 200)
    throw new Error(`the server answered ${response.statusCode ?? 0}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
}

function post(url: URL, agent: Agent, body: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      accept: 'application/json, */*',
      'user-agent': 'kube-apiserver-admission',
      'accept-encoding': 'gzip',
    };
    const sent = httpsRequest(url, { method: 'POST', agent, headers, signal }, (response) => {
      readAnswer(response).then(resolve, reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export function createWebhookCaller(): WebhookCaller {
  const agents = new Map<string, Agent>();
  const agentFor = (origin: string, caBundle: string): Agent => {
    const key = `${origin} ${caBundle}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const ca = caBundle === '' ? {} : { ca: Buffer.from(caBundle, 'base64').toString('utf8') };
    const agent = new Agent({ keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 25, timeout: 90_000, ...ca });
    agents.set(key, agent);
    return agent;
  };
  return {
    async call(webhook, body) {
      const url = new URL(webhook.clientConfig.url ?? '');
      url.searchParams.set('timeout', `${webhook.timeoutSeconds}s`);
      const signal = AbortSignal.timeout(webhook.timeoutSeconds * 1000);
      const agent = agentFor(url.origin, webhook.clientConfig.caBundle ?? '');
      try {
        // The API server stands for a process of its own: its calls are no spans of the program it is embedded in.
        return await context.with(suppressTracing(context.active()), () =>
          post(url, agent, JSON.stringify(body), signal),
        );
      } catch (error: unknown) {
        const problem = signal.aborted
          ? 'context deadline exceeded'
          : error instanceof Error
            ? error.message
            : String(error);
        throw new Error(`failed to call webhook: Post "${url.href}": ${problem}`, { cause: error });
      }
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}
