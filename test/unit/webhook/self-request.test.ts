import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { generate } from 'selfsigned';

import { createAuthority, issueCertificate } from '../../../certs/authority.ts';
import type { Authority, CertificateRequest, KeyPair } from '../../../certs/authority.ts';
import { silentLogger } from '../../../shared/runtime/log.ts';
import { readiness, requestItself } from '../../../webhook/self-request.ts';
import { startWebhookServer } from '../../../webhook/server.ts';
import type { WebhookServer } from '../../../webhook/server.ts';
import { settings } from './review.ts';

const HOUR_MS = 3_600_000;
const serverName = 'tektrace-webhook.tracing.svc';
let authority: Authority;
let other: Authority;
let server: WebhookServer;

beforeAll(async () => {
  authority = await createAuthority({ commonName: 'one', lifetimeMs: HOUR_MS });
  other = await createAuthority({ commonName: 'other', lifetimeMs: HOUR_MS });
});
beforeEach(async () => {
  const request: CertificateRequest = {
    commonName: 'webhook',
    dnsNames: [serverName],
    usage: 'server',
    lifetimeMs: HOUR_MS,
  };
  const certificate = await issueCertificate(authority, request);
  server = await startWebhookServer({ port: 0, certificate, settings, log: silentLogger });
});
afterEach(() => server.close());

const itself = (changes: object = {}): Promise<void> =>
  requestItself({ port: server.port, serverName, trustedPem: authority.certPem, ...changes });

test('a webhook whose certificate is trusted and has the name of its Service reaches itself', async () => {
  await itself();
  await itself({ trustedPem: other.certPem + authority.certPem });
});

test('so it does with a bundle of authorities with one name, as an issuer that was renewed has it', async () => {
  const renewed = await createAuthority({ commonName: 'one', lifetimeMs: HOUR_MS });
  const again = await createAuthority({ commonName: 'one', lifetimeMs: HOUR_MS });
  await itself({ trustedPem: renewed.certPem + again.certPem + authority.certPem });
  await itself({ trustedPem: authority.certPem + renewed.certPem });
  await expect(itself({ trustedPem: renewed.certPem + again.certPem })).rejects.toThrow(/signature/);
});

/** A certificate that is its own authority, as cert-manager's self-signed issuer makes it. */
async function selfSigned(): Promise<KeyPair> {
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: serverName }] }];
  const { cert, private: keyPem } = await generate([{ name: 'organizationName', value: 'tektrace' }], { extensions });
  return { certPem: `${cert.trim()}\n`, keyPem };
}

test('so it does with a self-signed certificate while its successor is published, too, and serves the successor after that', async () => {
  const [former, next] = [await selfSigned(), await selfSigned()];
  for (const served of [former, next]) {
    server.setCertificate(served);
    await itself({ trustedPem: next.certPem + former.certPem });
    await itself({ trustedPem: former.certPem + next.certPem });
  }
  await expect(itself({ trustedPem: former.certPem })).rejects.toThrow('self-signed certificate');
});

test.each([
  [
    'an authority that the API server does not trust',
    () => ({ trustedPem: other.certPem }),
    /unable to verify|signature/,
  ],
  ['another name', () => ({ serverName: 'another.tracing.svc' }), /does not match certificate/],
  ['a port where nobody serves', () => ({ port: 1 }), /ECONNREFUSED/],
])('it does not with %s', async (_what, changes, message) => {
  await expect(itself(changes())).rejects.toThrow(message);
});

test('a failure is logged once for each reason, and its end once', async () => {
  const lines: string[] = [];
  const note = (message: string, fields: object = {}): void =>
    void lines.push([message, ...Object.values(fields).map((value) => String((value as Error).message))].join(': '));
  const answers = [new Error('refused'), new Error('refused'), new Error('expired'), undefined, undefined];
  const ready = readiness(
    async () => {
      const answer = answers.shift();
      if (answer) throw answer;
    },
    { info: note, warn: note },
  );
  const results: boolean[] = [];
  for (let i = 0; i < 5; i++) results.push(await ready());
  expect(results).toEqual([false, false, false, true, true]);
  expect(lines).toEqual([
    'the webhook is not ready: its request to itself failed: refused',
    'the webhook is not ready: its request to itself failed: expired',
    'the webhook answers itself again, and is ready',
  ]);
});

test('probes that come together share one request', async () => {
  let requests = 0;
  const answered = Promise.withResolvers<void>();
  const ready = readiness(() => {
    requests++;
    return answered.promise;
  }, silentLogger);
  const both = Promise.all([ready(), ready()]);
  answered.resolve();
  expect(await both).toEqual([true, true]);
  expect(requests).toBe(1);
});
