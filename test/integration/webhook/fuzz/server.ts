import { createAuthority, issueCertificate } from '../../../../certs/authority.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { startWebhookServer } from '../../../../webhook/server.ts';

/** The user whose owner references are trusted. */
export const TRUSTED = 'controller';

const DAY_MS = 24 * 3_600_000;

export interface Ready {
  port: number;
  caPem: string;
}

/** In bytes, after a garbage collection. */
export interface Memory {
  heap: number;
}

/** A webhook in a process of its own. It sends where it serves, and on each message how much memory it uses. Needs `--expose-gc`. */
async function main(): Promise<void> {
  const authority = await createAuthority({ commonName: 'fuzz', lifetimeMs: DAY_MS });
  const names = { commonName: 'webhook', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const certificate = await issueCertificate(authority, { ...names, usage: 'server', lifetimeMs: DAY_MS });
  const server = await startWebhookServer({
    ...{ host: '127.0.0.1', port: 0, certificate, log: silentLogger },
    settings: {
      sampling: { ratio: 0.5 },
      inbound: 'trusted',
      traceUrl: (traceId) => `https://jaeger.test/trace/${traceId}`,
      trustedRequesters: [TRUSTED],
      stepOtlpEndpoint: 'http://collector.test:4318',
    },
  });
  process.on('message', () => void measure());
  async function measure(): Promise<void> {
    globalThis.gc?.();
    // What a first collection has only marked, such as the memory of buffers, is freed by the second.
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ heap: heapUsed + external } satisfies Memory);
  }
  // Whoever started it is gone.
  process.on('disconnect', () => process.exit(0));
  process.send?.({ port: server.port, caPem: authority.certPem } satisfies Ready);
}

if (process.send) await main();
