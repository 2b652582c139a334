import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { createAuthority, issueCertificate } from '../../../certs/authority.ts';
import type { Authority, KeyPair } from '../../../certs/authority.ts';
import type { StoredSecret } from '../../../certs/authority-secret.ts';
import { givenCertificate } from '../../../certs/given-certificate.ts';
import { keepCertificate } from '../../../certs/keeper.ts';
import type { WebhookCertificate } from '../../../certs/keeper.ts';
import type { MutatingWebhookConfiguration } from '../../../certs/published.ts';
import { createLogger } from '../../../shared/runtime/log.ts';
import { eventually, fakeClock, fakeCluster, passing, settled } from './fake-cluster.ts';
import type { FakeClock, FakeCluster } from './fake-cluster.ts';

const DAY_MS = 24 * 3_600_000;
const configurationPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/tektrace';
const secretPath = '/api/v1/namespaces/tektrace/secrets/given';
const location = { namespace: 'tektrace', secretName: 'given' };

let cluster: FakeCluster;
let clock: FakeClock;
let stop: AbortController;
let certificate: WebhookCertificate | undefined;
let lines: string[];

beforeEach(() => {
  cluster = fakeCluster();
  cluster.replace(configurationPath, {
    metadata: { name: 'tektrace' },
    webhooks: [{ name: 'pods', clientConfig: {} }],
  } as MutatingWebhookConfiguration);
  clock = fakeClock();
  stop = new AbortController();
  certificate = undefined;
  lines = [];
});
afterEach(async () => {
  stop.abort();
  await certificate?.ended;
});

async function start(): Promise<WebhookCertificate> {
  const log = createLogger({ write: (line) => void lines.push(line) });
  certificate = await keepCertificate(
    givenCertificate({ ...location, clock, log }),
    { ...location, client: cluster.client, configurationName: 'tektrace', propagationMs: 30_000, clock, log },
    stop.signal,
  );
  return certificate;
}

async function issued(commonName: string, lifetimeMs = 90 * DAY_MS): Promise<{ authority: Authority; pair: KeyPair }> {
  const authority = await createAuthority({ commonName, lifetimeMs: 365 * DAY_MS }, clock.now());
  const request = { commonName: 'webhook', dnsNames: ['w.tektrace.svc'], usage: 'server' as const, lifetimeMs };
  return { authority, pair: await issueCertificate(authority, request, clock.now()) };
}

function keep(pair: KeyPair, authority?: Authority): void {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  const data = { 'tls.crt': encode(pair.certPem), 'tls.key': encode(pair.keyPem) };
  cluster.replace(secretPath, {
    metadata: { name: 'given', namespace: 'tektrace' },
    type: 'kubernetes.io/tls',
    data: { ...data, ...(authority && { 'ca.crt': encode(authority.certPem) }) },
  } as StoredSecret);
}

function published(): string {
  const { webhooks = [] } = cluster.objects.get(configurationPath) as MutatingWebhookConfiguration;
  return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString();
}

test('its certificate is served, and its ca.crt published', async () => {
  const { authority, pair } = await issued('one');
  keep(pair, authority);
  expect((await start()).current()).toEqual(pair);
  expect(published()).toBe(authority.certPem);
});

test('a Secret that is not there yet is reported and waited for', async () => {
  const starting = start();
  await eventually(() => lines.some((line) => line.includes('there is no such Secret')));
  const { authority, pair } = await issued('one');
  keep(pair, authority);
  expect((await starting).current()).toEqual(pair);
});

test('a renewed certificate of the same authority is served once that is trusted', async () => {
  const { authority, pair } = await issued('one');
  keep(pair, authority);
  const webhook = await start();
  const request = { commonName: 'renewed', dnsNames: ['w.tektrace.svc'], usage: 'server' as const, lifetimeMs: DAY_MS };
  const renewed = await issueCertificate(authority, request, clock.now());
  keep(renewed, authority);
  await passing(clock, () => webhook.current().certPem === renewed.certPem);
});

test('a certificate of another authority is served after that was published for 30 s, and the former stays trusted', async () => {
  const [one, two] = [await issued('one'), await issued('two')];
  keep(one.pair, one.authority);
  const webhook = await start();
  keep(two.pair, two.authority);
  await eventually(() => published() === two.authority.certPem + one.authority.certPem);
  await settled();
  clock.advance(20_000);
  await settled();
  expect(webhook.current()).toEqual(one.pair);
  await passing(clock, () => webhook.current().certPem === two.pair.certPem);
});

test('without ca.crt nothing is published', async () => {
  const { pair } = await issued('one');
  keep(pair);
  expect((await start()).current()).toEqual(pair);
  expect(published()).toBe('');
});

test.each([
  [
    'a key of another certificate',
    async () => keep({ ...(await issued('x')).pair, keyPem: (await issued('y')).pair.keyPem }),
    'does not belong',
  ],
  ['an expired certificate', async () => keep((await issued('x', -1000)).pair), 'has expired'],
  [
    'nothing',
    async () => cluster.replace(secretPath, { metadata: { name: 'given', namespace: 'tektrace' } }),
    'no tls.crt',
  ],
])('with %s it is reported and never written, and the present certificate goes on', async (_what, damage, problem) => {
  const { authority, pair } = await issued('one');
  keep(pair, authority);
  const webhook = await start();
  await damage();
  await eventually(() => lines.some((line) => line.includes(problem)));
  expect(webhook.current()).toEqual(pair);
  expect(cluster.requests.filter((request) => /^(PUT|POST|PATCH) .*secrets/.test(request))).toEqual([]);
  expect(lines.join('')).not.toContain('PRIVATE KEY');
});
