import { fork } from 'node:child_process';
import { once } from 'node:events';
import https from 'node:https';
import type { IncomingMessage } from 'node:http';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createRandom } from '../../../conformance/fuzz/random.ts';
import { fuzzCase } from './cases.ts';
import type { FuzzCase } from './cases.ts';
import type { Memory, Ready } from './server.ts';
import { faultOf } from './verdict.ts';
import type { FuzzAnswer } from './verdict.ts';

const CONNECTIONS = 8;
const PIECES = 4;
const PAUSE_MS = 5;
const MAX_FINDINGS = 20;

export interface FuzzResult {
  /** Sentences with the number of the case: `--seed S --only N` sends it again. */
  findings: string[];
  /** How many cases of each kind were sent. */
  sent: Record<string, number>;
  /** Bytes that the webhook used after each tenth of the cases, after a garbage collection. */
  memory: number[];
}

async function send(
  { method, path, headers, body, sending }: FuzzCase,
  target: https.RequestOptions,
): Promise<FuzzAnswer> {
  const length = { 'content-length': String(body.byteLength) };
  const request = https.request({
    ...target,
    method,
    path,
    headers: { 'content-type': 'application/json', ...headers, ...length },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => undefined);
  // A connection may break while the body of a refused request is still being written.
  request.on('error', () => undefined);
  const step = Math.ceil(body.byteLength / PIECES);
  if (sending === 'whole') request.end(body);
  for (let piece = 0; sending !== 'whole' && piece < PIECES - (sending === 'stalled' ? 1 : 0); piece++) {
    request.write(body.subarray(piece * step, (piece + 1) * step));
    await delay(PAUSE_MS);
  }
  if (sending === 'pieces') request.end();
  if (sending === 'stalled') {
    request.destroy();
    return { status: undefined, text: '' };
  }
  try {
    const [response] = await answered;
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, text: Buffer.concat(chunks).toString() };
  } catch {
    return { status: undefined, text: '' };
  } finally {
    request.destroy();
  }
}

/**
 * Sends `count` reviews that follow from `seed` to a webhook in a process of its own, over HTTPS, eight at a time; `only`: just the one of that number.
 * Throws if that process ends.
 */
export async function fuzzWebhook({
  seed,
  count,
  only,
}: {
  seed: number;
  count: number;
  only?: number;
}): Promise<FuzzResult> {
  const server = fork(resolve(import.meta.dirname, 'server.ts'), {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = once(server, 'exit').then(([code]) => {
    throw new Error(`the webhook ended with ${String(code)}`);
  });
  ended.catch(() => undefined);
  const message = async <T>(): Promise<T> => ((await Promise.race([once(server, 'message'), ended])) as [T])[0];
  const agent = new https.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    const { port, caPem } = await message<Ready>();
    const target = { host: '127.0.0.1', port, ca: caPem, agent };
    const result: FuzzResult = { findings: [], sent: {}, memory: [] };
    const measure = async (): Promise<void> => {
      const answer = message<Memory>();
      server.send('memory');
      result.memory.push((await answer).heap);
    };
    const run = async (number: number): Promise<void> => {
      // Each case has a seed of its own, so that one can be sent alone.
      const one = fuzzCase(createRandom(seed + number));
      result.sent[one.what] = (result.sent[one.what] ?? 0) + 1;
      const fault = faultOf(one, await send(one, target));
      if (fault !== undefined) result.findings.push(`case ${number} (${one.what}, ${one.path}): ${fault}`);
    };
    const tenth = Math.ceil(count / 10);
    for (let from = 0; from < count && result.findings.length < MAX_FINDINGS; from += tenth) {
      let next = only ?? from;
      const until = only === undefined ? Math.min(from + tenth, count) : only + 1;
      const connection = async (): Promise<void> => {
        while (next < until && result.findings.length < MAX_FINDINGS) await run(next++);
      };
      await Promise.race([Promise.all(Array.from({ length: CONNECTIONS }, connection)), ended]);
      await measure();
      if (only !== undefined) break;
    }
    return result;
  } finally {
    agent.destroy();
    server.removeAllListeners('exit');
    server.kill('SIGKILL');
  }
}
