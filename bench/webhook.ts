import { createAuthority, issueCertificate } from '../certs/authority.ts';
import { measureCreates } from './webhook/create.ts';
import { cpuOfReview, latencies, median, quantile, startServer } from './webhook/measure.ts';
import type { Server } from './webhook/measure.ts';
import { review } from './webhook/review.ts';
import { endsWithSignal } from './support/ends-with-signal.ts';

const ROUNDS = 7;
const REVIEWS = 4_000;
const PER_SECOND = 500;
const PACED_REVIEWS = 2_000;
const PAIRS = 600;
const HOUR_MS = 3_600_000;

interface Servers {
  bare: Server;
  webhook: Server;
}

/** Measures both servers in turn, so that what else the machine does meets both. The first round warms up. */
async function inTurn<T>(
  measure: (server: Server) => Promise<T>,
  { bare, webhook }: Servers,
  signal: AbortSignal,
): Promise<{ bare: T; webhook: T }[]> {
  const rounds: { bare: T; webhook: T }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    signal.throwIfAborted();
    rounds.push({ bare: await measure(bare), webhook: await measure(webhook) });
  }
  return rounds.slice(1);
}

/** Prints what a review costs both servers, and how long it takes. */
async function compareServers(servers: Servers, signal: AbortSignal): Promise<void> {
  for (const [name, body] of [
    ['a new run', review(false)],
    ['a copied run', review(true)],
  ] as const) {
    const rounds = await inTurn((server) => cpuOfReview(server, body, REVIEWS), servers, signal);
    const [plain, ours] = [median(rounds.map((one) => one.bare)), median(rounds.map((one) => one.webhook))];
    console.log(
      `${name}: ${ours.toFixed(0)} µs of CPU, bare ${plain.toFixed(0)} µs, speed ${(plain / ours).toFixed(2)} of bare`,
    );
  }
  const measure = (server: Server): Promise<number[]> => latencies(server, review(false), PER_SECOND, PACED_REVIEWS);
  const paced = await inTurn(measure, servers, signal);
  for (const share of [0.5, 0.99]) {
    const of = (name: 'bare' | 'webhook'): string => median(paced.map((one) => quantile(one[name], share))).toFixed(2);
    console.log(`${PER_SECOND} reviews/s, p${share * 100}: ${of('webhook')} ms, bare ${of('bare')} ms`);
  }
}

/**
 * Prints what a review costs the webhook, and how long it takes, beside a bare Node HTTPS server that only parses and answers it; and what the webhook
 * adds to a creation at a real kube-apiserver (`npm run peers` builds it).
 */
async function main(signal: AbortSignal): Promise<number> {
  const authority = await createAuthority({ commonName: 'bench', lifetimeMs: HOUR_MS });
  const names = { commonName: 'webhook', ipAddresses: ['127.0.0.1'] };
  const certificate = await issueCertificate(authority, { ...names, usage: 'server', lifetimeMs: HOUR_MS });
  const servers = { bare: await startServer('bare', certificate), webhook: await startServer('webhook', certificate) };
  try {
    await compareServers(servers, signal);
  } finally {
    await Promise.all([servers.bare, servers.webhook].map(({ worker }) => worker.terminate()));
  }
  const cost = await measureCreates(PAIRS, signal);
  const words = ({ p50, p99 }: { p50: number; p99: number }): string =>
    `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;
  console.log(
    `a creation with the webhook: ${words(cost.with)}; without: ${words(cost.without)}; added: ${cost.added.toFixed(2)} ms`,
  );
  return 0;
}

await endsWithSignal(main);
process.exit();
