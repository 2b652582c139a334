import { beforeAll, expect, test } from '@jest/globals';

import { createAuthority } from '../../../../certs/authority.ts';
import { checkCertificate } from '../../../../cli/doctor/certificate.ts';
import type { WebhookConfiguration } from '../../../../cli/doctor/installation.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const service = { name: 'tektrace-webhook', namespace: 'tracing' };
const ITS = '-n tracing -l app.kubernetes.io/part-of=tektrace,app.kubernetes.io/component=webhook';

let caBundle: string;
let endMs: number;
const bundle = async (lifetimeMs: number, now = Date.now()): Promise<string> =>
  Buffer.from((await createAuthority({ commonName: 'a', lifetimeMs }, now)).certPem).toString('base64');
beforeAll(async () => {
  endMs = Math.floor(Date.now() / 1000) * 1000 + 365 * DAY_MS;
  caBundle = await bundle(endMs - Date.now());
});
const configuration = (...configs: object[]): WebhookConfiguration => ({
  metadata: { name: 'tektrace' },
  webhooks: configs.map((clientConfig, index) => ({ name: `${index}.tektrace.dev`, clientConfig })),
});

test('one that expired a day ago needs a restart, in the webhook’s namespace', () => {
  expect(checkCertificate(configuration({ caBundle, service }), endMs + HOUR_MS)).toEqual({
    ...{ state: 'failed', about: 'webhook certificate' },
    text: 'the authority in tektrace expired 1 day ago',
    remedy: `restart the webhook: kubectl rollout restart deployment ${ITS}`,
  });
});

test('one that soon expires, or is not there, is explained by the webhook’s log', () => {
  expect(checkCertificate(configuration({ caBundle, service }), endMs - 1.5 * DAY_MS)).toEqual({
    ...{ state: 'warning', about: 'webhook certificate' },
    text: 'the authority in tektrace is valid for 1 day',
    remedy: `see why the webhook does not renew it: kubectl logs ${ITS}`,
  });
  expect(checkCertificate(configuration({ caBundle, service }, { service }), endMs)).toMatchObject({
    state: 'failed',
    text: 'tektrace has no caBundle for 1.tektrace.dev: the API server trusts no certificate of the webhook',
    remedy: `see why the webhook has not published it: kubectl logs ${ITS}`,
  });
});

test('one that is valid only later shows a wrong clock', async () => {
  const nowMs = Date.parse('2026-03-01T00:00:00Z');
  const later = await bundle(90 * DAY_MS, nowMs + 30 * DAY_MS);
  expect(checkCertificate(configuration({ caBundle: later, service }), nowMs)).toMatchObject({
    state: 'failed',
    text: expect.stringContaining('valid only from 2026-03-30') as unknown as string,
  });
});

test('beside one that is valid, one that is not yet, or no longer, does no harm', async () => {
  const nowMs = Date.now();
  const pems = await Promise.all([bundle(DAY_MS, nowMs - 90 * DAY_MS), bundle(90 * DAY_MS, nowMs + 30 * DAY_MS)]);
  const texts = [...pems, caBundle].map((one) => Buffer.from(one, 'base64').toString());
  const all = Buffer.from(texts.join('\n')).toString('base64');
  expect(checkCertificate(configuration({ caBundle: all, service }), nowMs)).toMatchObject({ state: 'ok' });
});

test('the webhooks of one configuration have to trust the same', async () => {
  const other = await bundle(90 * DAY_MS);
  expect(
    checkCertificate(configuration({ caBundle, service }, { caBundle: other, service }), Date.now()),
  ).toMatchObject({
    state: 'failed',
    text: expect.stringContaining('the caBundles in tektrace differ') as unknown as string,
  });
});

test('one that can’t be read is removed', () => {
  const text = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
  for (const unreadable of [text, 'nothing'])
    expect(
      checkCertificate(configuration({ caBundle: Buffer.from(unreadable).toString('base64'), service }), 0),
    ).toMatchObject({
      state: 'failed',
      text: expect.stringContaining("the caBundle of tektrace can't be read") as unknown as string,
    });
});

test('that of a webhook outside of the cluster is that of a program', () => {
  const url = 'https://127.0.0.1:9443/mutate/runs';
  expect(checkCertificate(configuration({ url }), endMs)).toMatchObject({
    remedy: `see why the webhook has not published it: the log of the program that serves ${url}`,
  });
});
