import { X509Certificate } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { createAuthority } from '../../../certs/authority.ts';
import type { KeyPair } from '../../../certs/authority.ts';
import { valueOf } from '../../../certs/authority-secret.ts';
import type { StoredSecret } from '../../../certs/authority-secret.ts';
import { certificatesIn } from '../../../certs/bundle.ts';
import { keepCertificate } from '../../../certs/keeper.ts';
import type { WebhookCertificate } from '../../../certs/keeper.ts';
import { ownAuthority } from '../../../certs/own-authority.ts';
import type { MutatingWebhookConfiguration } from '../../../certs/published.ts';
import { ApiError, ConnectionError } from '../../../shared/kubernetes/errors.ts';
import { createLogger } from '../../../shared/runtime/log.ts';
import { eventually, fakeClock, fakeCluster, passing, settled } from './fake-cluster.ts';
import type { FakeClock, FakeCluster } from './fake-cluster.ts';

const DAY_MS = 24 * 3_600_000;
const PROPAGATION_MS = 30_000;
const configurationPath = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/tektrace';
const secretPath = '/api/v1/namespaces/tektrace/secrets/ca';
const names = { namespace: 'tektrace', secretName: 'ca', dnsNames: ['tektrace-webhook.tektrace.svc'] };

let cluster: FakeCluster;
let clock: FakeClock;
let stop: AbortController;
let started: WebhookCertificate[];
let lines: string[];

beforeEach(() => {
  cluster = fakeCluster();
  cluster.replace(configurationPath, {
    metadata: { name: 'tektrace' },
    webhooks: [
      { name: 'pods', clientConfig: {} },
      { name: 'runs', clientConfig: {} },
    ],
  } as MutatingWebhookConfiguration);
  clock = fakeClock();
  stop = new AbortController();
  started = [];
  lines = [];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(started.map(({ ended }) => ended));
});

/** One replica of the webhook. */
async function start(client = cluster.client): Promise<WebhookCertificate> {
  const log = createLogger({ write: (line) => void lines.push(line) });
  const source = ownAuthority({ ...names, client, clock, log });
  const { dnsNames: _, ...location } = names;
  const certificate = await keepCertificate(
    source,
    { ...location, client, configurationName: 'tektrace', propagationMs: PROPAGATION_MS, clock, log },
    stop.signal,
  );
  started.push(certificate);
  return certificate;
}

const secret = (): StoredSecret => cluster.objects.get(secretPath) as StoredSecret;
const stored = (key: string): string => valueOf(secret(), key);

/** The certificates that every webhook of the configuration trusts. */
function published(): string[] {
  const { webhooks = [] } = (cluster.objects.get(configurationPath) ?? {}) as MutatingWebhookConfiguration;
  const bundles = webhooks.map(({ clientConfig }) =>
    certificatesIn(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString()),
  );
  return (bundles[0] ?? []).filter((pem) => bundles.every((bundle) => bundle.includes(pem)));
}

const isSignedBy = ({ certPem }: KeyPair, authorityPem: string): boolean =>
  new X509Certificate(certPem).verify(new X509Certificate(authorityPem).publicKey);
const isTrusted = (certificate: WebhookCertificate): boolean =>
  published().some((pem) => isSignedBy(certificate.current(), pem));
const messages = (): string[] => lines.map((line) => (JSON.parse(line) as { message: string }).message);

describe('the start', () => {
  test('the configuration trusts the certificate', async () => {
    const certificate = await start();
    expect(isTrusted(certificate)).toBe(true);
    await eventually(() => certificate.trusted() === published().join(''));
  });

  test('two replicas that start together serve certificates of one authority', async () => {
    const both = await Promise.all([start(), start()]);
    const [authority = ''] = published();
    expect(published()).toHaveLength(1);
    expect(both.map((one) => isSignedBy(one.current(), authority))).toEqual([true, true]);
  });

  test('an API server that cannot be reached is waited for', async () => {
    let refused = 0;
    cluster.onRequest = (method, path) => {
      if (method !== 'POST' || refused++ > 0) return;
      throw new ConnectionError(`${method} ${path}`, new Error('connect ECONNREFUSED'));
    };
    const pending = start();
    await eventually(() => messages().includes('keeping the webhook’s certificate current failed; trying again'));
    let certificate: WebhookCertificate | undefined;
    void pending.then((one) => (certificate = one));
    await passing(clock, () => certificate !== undefined);
    expect(isTrusted(certificate!)).toBe(true);
  });

  test('without a configuration it serves, and says that nobody calls it; when there is one, its bundle is published', async () => {
    const configuration = cluster.objects.get(configurationPath)!;
    cluster.remove(configurationPath);
    const certificate = await start();
    expect(messages()).toContain('there is no such MutatingWebhookConfiguration yet: nobody calls this webhook');
    cluster.replace(configurationPath, configuration);
    await eventually(() => isTrusted(certificate));
  });

  test('without the right to publish it serves, and says so once', async () => {
    cluster.onRequest = (method, path) => {
      if (method === 'PATCH') throw new ApiError(`${method} ${path}`, 403, { reason: 'Forbidden', message: 'no' });
    };
    const certificate = await start();
    const message = 'the CA bundle could not be published; trying again';
    await eventually(() => messages().includes(message));
    clock.advance(10_000);
    await settled();
    expect(isTrusted(certificate)).toBe(false);
    expect(messages().filter((one) => one === message)).toHaveLength(1);
  });

  test('a Secret of ours that is empty, as a chart may make it, is filled and keeps its type', async () => {
    const metadata = {
      name: 'ca',
      namespace: 'tektrace',
      labels: { 'app.kubernetes.io/part-of': 'tektrace', mine: 'x' },
    };
    cluster.replace(secretPath, { metadata, type: 'Opaque' } as StoredSecret);
    const certificate = await start();
    expect(isTrusted(certificate)).toBe(true);
    expect(secret()).toMatchObject({ type: 'Opaque', metadata: { labels: { mine: 'x' } } });
  });
});

describe('a bundle that somebody overwrites', () => {
  test('is published again at once', async () => {
    const certificate = await start();
    const configuration = cluster.objects.get(configurationPath) as MutatingWebhookConfiguration;
    cluster.replace(configurationPath, {
      ...configuration,
      webhooks: [{ name: 'pods', clientConfig: {} }],
    } as MutatingWebhookConfiguration);
    expect(isTrusted(certificate)).toBe(false);
    await eventually(() => isTrusted(certificate));
  });
});

describe('rotation', () => {
  /** Passes the time of the propagation in steps as they happen. */
  async function propagate(ms = PROPAGATION_MS): Promise<void> {
    for (let passed = 0; passed < ms; passed += 10_000) {
      await settled();
      clock.advance(10_000);
    }
    await settled();
  }

  test.each([
    ['after two thirds of an authority’s life', () => clock.advance(244 * DAY_MS)],
    ['when somebody deletes the Secret', () => cluster.remove(secretPath)],
  ])(
    '%s every replica serves the new authority only after its certificate was published for 30 s',
    async (_what, rotate) => {
      const replicas = [await start(), await start()];
      const old = stored('tls.crt');
      rotate();
      await eventually(() => secret() !== undefined && stored('next.crt') !== '' && published().length === 2);
      const next = stored('next.crt');
      const signers = (): boolean[] => replicas.map((one) => isSignedBy(one.current(), next));
      await settled();
      expect(replicas.map((one) => isSignedBy(one.current(), old))).toEqual([true, true]);
      await propagate(20_000);
      expect(signers()).toEqual([false, false]);
      expect(stored('tls.crt')).toBe(old);
      await passing(clock, () => signers().every(Boolean) && stored('next.crt') === '' && published()[0] === next);
      expect([stored('tls.crt'), stored('next.crt')]).toEqual([next, '']);
      expect(published()).toEqual([next, old]);
    },
  );

  test('a replica that starts in the middle signs with the authority that every API server trusts', async () => {
    await start();
    const old = stored('tls.crt');
    cluster.remove(secretPath);
    await eventually(() => secret() !== undefined && published().length === 2);
    expect(isSignedBy((await start()).current(), old)).toBe(true);
  });

  test('a bundle that was overwritten meanwhile must be published for 30 s anew', async () => {
    const replica = await start();
    cluster.remove(secretPath);
    await eventually(() => secret() !== undefined && published().length === 2);
    const next = stored('next.crt');
    await propagate(20_000);
    const configuration = cluster.objects.get(configurationPath) as MutatingWebhookConfiguration;
    const webhooks = configuration.webhooks!.map((webhook) => ({ ...webhook, clientConfig: {} }));
    cluster.replace(configurationPath, { ...configuration, webhooks } as MutatingWebhookConfiguration);
    await eventually(() => published().length === 2);
    await propagate(20_000);
    expect(isSignedBy(replica.current(), next)).toBe(false);
    await passing(clock, () => isSignedBy(replica.current(), next));
  });

  test('after a suspension beyond its expiry there is a new authority', async () => {
    const replica = await start();
    clock.suspend(400 * DAY_MS);
    const isValid = (): boolean => new X509Certificate(replica.current().certPem).validToDate.getTime() > clock.now();
    await passing(clock, () => isValid() && isTrusted(replica));
  });

  test('after a suspension beyond its expiry the server certificate is renewed', async () => {
    const replica = await start();
    const authority = stored('tls.crt');
    clock.suspend(8 * DAY_MS);
    await passing(clock, () => new X509Certificate(replica.current().certPem).validToDate.getTime() > clock.now());
    expect(stored('tls.crt')).toBe(authority);
  });

  test('a replica whose watch of the Secret is behind takes no published certificate away', async () => {
    await start();
    const behind = await start({
      ...cluster.client,
      stream: async (path, options) =>
        path.includes('/secrets') ? silentAfterStart(path, options) : cluster.client.stream(path, options),
    });
    cluster.remove(secretPath);
    await eventually(() => secret() !== undefined && published().length === 2);
    await propagate();
    await propagate();
    expect(published()).toHaveLength(2);
    expect(isTrusted(behind)).toBe(true);
  });
});

/** The present objects and nothing after them. */
async function silentAfterStart(
  path: string,
  options: Parameters<FakeCluster['client']['stream']>[1],
): Promise<AsyncIterable<string>> {
  const lines = await cluster.client.stream(path, options);
  return (async function* () {
    for await (const line of lines) {
      if (line.includes('"DELETED"') || line.includes('next.crt')) continue;
      yield line;
    }
  })();
}

describe('a Secret that is damaged', () => {
  const damage = (data: Record<string, string>): void =>
    cluster.replace(secretPath, { ...secret(), data: { ...secret().data, ...data } } as StoredSecret);

  test.each([
    [
      'a key of another certificate',
      async () => ({
        'tls.key': Buffer.from((await createAuthority({ commonName: 'x', lifetimeMs: DAY_MS })).keyPem).toString(
          'base64',
        ),
      }),
    ],
    ['text that is no certificate', async () => ({ 'tls.crt': Buffer.from('hello').toString('base64') })],
    ['a value that is not base64', async () => ({ 'tls.key': '!' })],
    ['no key', async () => ({ 'tls.key': '' })],
  ])('with %s gets back what the replicas hold', async (_what, change) => {
    const replica = await start();
    const { data } = structuredClone(secret());
    const before = replica.current();
    damage(await change());
    await eventually(() => JSON.stringify(secret().data) === JSON.stringify(data));
    expect(replica.current()).toBe(before);
    expect(messages()).toContain('the Secret of the certificate authority is damaged, and is repaired');
  });

  test('gets a new authority at the next start, and what was trusted stays trusted', async () => {
    const replica = await start();
    const [old] = published();
    stop.abort();
    await replica.ended;
    damage({ 'tls.key': '' });
    stop = new AbortController();
    const next = await start();
    expect(isTrusted(next)).toBe(true);
    expect(isSignedBy(next.current(), old!)).toBe(false);
    expect(published()).toContain(old);
  });
});

describe('a Secret that is not ours', () => {
  const foreign = (data: Record<string, string>): StoredSecret => ({
    metadata: { name: 'ca', namespace: 'tektrace', labels: { team: 'other' } },
    type: 'Opaque',
    data,
  });

  test('is reported once, and never written; the present certificate goes on', async () => {
    const replica = await start();
    const before = replica.current();
    cluster.replace(secretPath, foreign({ password: 'c2VjcmV0' }));
    const message =
      'the Secret of the certificate authority is not ours and has none: delete it, or start the webhook with another --secret-name';
    await eventually(() => messages().includes(message));
    const writes = cluster.requests.length;
    await settled();
    clock.advance(10_000);
    await settled();
    expect(secret().data).toEqual({ password: 'c2VjcmV0' });
    expect(cluster.requests).toHaveLength(writes);
    expect(messages().filter((one) => one === message)).toHaveLength(1);
    expect(lines.join('')).not.toContain('c2VjcmV0');
    expect(replica.current()).toBe(before);
  });

  test('is used if it has an authority, and not rotated', async () => {
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    const { certPem, keyPem } = await createAuthority({ commonName: 'mine', lifetimeMs: 30 * DAY_MS }, clock.now());
    cluster.replace(secretPath, foreign({ 'tls.crt': encode(certPem), 'tls.key': encode(keyPem) }));
    const replica = await start();
    expect(isSignedBy(replica.current(), certPem)).toBe(true);
    clock.advance(25 * DAY_MS);
    await settled();
    expect(stored('tls.crt')).toBe(certPem);
    expect(stored('next.crt')).toBe('');
  });

  test('with a certificate that may not sign is refused', async () => {
    const replica = await start();
    const { certPem, keyPem } = replica.current();
    const encode = (text: string): string => Buffer.from(text).toString('base64');
    cluster.replace(secretPath, foreign({ 'tls.crt': encode(certPem), 'tls.key': encode(keyPem) }));
    await eventually(() => lines.some((line) => line.includes('the certificate is not that of an authority')));
    expect(replica.current().certPem).toBe(certPem);
  });
});
