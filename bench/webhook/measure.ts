import { once } from 'node:events';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import type { KeyPair } from '../../certs/authority.ts';

const CONNECTIONS = 4;

export interface Server {
  worker: Worker;
  port: number;
}

/** Starts one of the two servers in a thread of its own. */
export async function startServer(kind: 'bare' | 'webhook', certificate: KeyPair): Promise<Server> {
  const worker = new Worker(new URL('./servers.ts', import.meta.url), { workerData: { kind, certificate } });
  return { worker, port: ((await once(worker, 'message')) as [number])[0] };
}

async function cpuUs({ worker }: Server): Promise<number> {
  worker.postMessage('cpu');
  return ((await once(worker, 'message')) as [number])[0];
}

function createClient(
  server: Server,
  body: string,
  maxSockets: number,
): { ask: () => Promise<void>; close: () => void } {
  const agent = new https.Agent({ keepAlive: true, maxSockets, rejectUnauthorized: false });
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const target = { host: '127.0.0.1', port: server.port, path: '/mutate/pipelinerun', method: 'POST', agent, headers };
  const ask = async (): Promise<void> => {
    const request = https.request(target);
    request.end(body);
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
    response.resume();
    await once(response, 'end');
  };
  return { ask, close: () => agent.destroy() };
}

/** Microseconds of CPU time that a review costs the server, asked over four connections that are kept. */
export async function cpuOfReview(server: Server, body: string, reviews: number): Promise<number> {
  const client = createClient(server, body, CONNECTIONS);
  const before = await cpuUs(server);
  let left = reviews;
  const connection = async (): Promise<void> => {
    while (left-- > 0) await client.ask();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const after = await cpuUs(server);
  client.close();
  return (after - before) / reviews;
}

/** How long reviews take that come `perSecond`, whether earlier ones are answered or not: milliseconds from when each was due, sorted. */
export async function latencies(server: Server, body: string, perSecond: number, reviews: number): Promise<number[]> {
  const client = createClient(server, body, 25);
  const took: number[] = [];
  const asked: Promise<void>[] = [];
  const startedMs = performance.now();
  for (let index = 0; index < reviews; index++) {
    const dueMs = startedMs + (index * 1000) / perSecond;
    // A timer may be a part of a millisecond early.
    for (let waitMs = dueMs - performance.now(); waitMs > 0; waitMs = dueMs - performance.now()) await delay(waitMs);
    asked.push(client.ask().then(() => void took.push(performance.now() - dueMs)));
  }
  await Promise.all(asked);
  client.close();
  return took.sort((a, b) => a - b);
}

/** The value below which `share` (0 to 1) of the values are; NaN without values. */
export const quantile = (sorted: number[], share: number): number => sorted[Math.floor(sorted.length * share)] ?? NaN;
/** The middle one of the values, in any order; of an even number the greater of two. */
export const median = (values: number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
