import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

import type { KeyPair } from '../../certs/authority.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { startWebhookServer } from '../../webhook/server.ts';

/** Answers each review with nothing but its uid: what HTTPS, reading and JSON cost by themselves. */
function startBare({ certPem, keyPem }: KeyPair): Promise<number> {
  const server = https.createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { apiVersion, request: review } = JSON.parse(Buffer.concat(chunks).toString()) as {
        apiVersion: string;
        request: { uid: string };
      };
      const body = JSON.stringify({
        apiVersion,
        kind: 'AdmissionReview',
        response: { uid: review.uid, allowed: true },
      });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function startWebhook(certificate: KeyPair): Promise<number> {
  const settings = { sampling: { ratio: 1 }, inbound: 'trusted' as const, trustedRequesters: ['controller'] };
  return (await startWebhookServer({ host: '127.0.0.1', port: 0, certificate, settings, log: silentLogger })).port;
}

const { kind, certificate } = workerData as { kind: 'bare' | 'webhook'; certificate: KeyPair };
parentPort?.postMessage(await (kind === 'bare' ? startBare(certificate) : startWebhook(certificate)));
// The answer to each message is the CPU time of this thread so far, in microseconds.
parentPort?.on('message', () => {
  const { user, system } = process.threadCpuUsage();
  parentPort?.postMessage(user + system);
});
