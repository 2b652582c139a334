import { X509Certificate } from 'node:crypto';

import { sentence } from '../errors.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { nameOf } from './installation.ts';
import type { Webhook, WebhookConfiguration } from './installation.ts';

const ABOUT = 'webhook certificate';
/** Selects the webhook's Deployment and its Pods. */
export const WEBHOOK_LABELS = '-l app.kubernetes.io/part-of=tektrace,app.kubernetes.io/component=webhook';
const DAY_MS = 24 * 3_600_000;
/** The authority renews itself long before (certs/). */
const SOON_DAYS = 7;

/** The validity of a bundle in PEM, in milliseconds since the epoch: of each certificate. Throws for a text that has none. */
function validities(caBundle: string): { fromMs: number; toMs: number }[] {
  const pem = Buffer.from(caBundle, 'base64').toString('utf8');
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new Error('it holds no certificate');
  return certificates.map((text) => {
    const { validFrom, validTo } = new X509Certificate(text);
    return { fromMs: Date.parse(validFrom), toMs: Date.parse(validTo) };
  });
}

/** How the webhook's log is read and how it is restarted: the Pods behind its Service, or the program at its URL (as in `tektrace up`). */
export function handling({ service, url = '' }: NonNullable<Webhook['clientConfig']>): {
  log: string;
  restart: string;
} {
  if (!service) return { log: `the log of the program that serves ${url}`, restart: `the program that serves ${url}` };
  const its = `-n ${service.namespace} ${WEBHOOK_LABELS}`;
  return { log: `kubectl logs ${its}`, restart: `kubectl rollout restart deployment ${its}` };
}

const dayCount = (count: number): string => (count === 1 ? '1 day' : `${count} days`);
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Whether the configuration has an authority for the webhook's certificate, the same for all its webhooks, and valid. */
export function checkCertificate(configuration: WebhookConfiguration, nowMs: number): Finding {
  const name = nameOf(configuration);
  const webhooks = configuration.webhooks ?? [];
  const { log, restart } = handling(webhooks[0]?.clientConfig ?? {});
  const without = webhooks.filter(({ clientConfig }) => !clientConfig?.caBundle);
  const bundles = webhooks.flatMap(({ clientConfig }) => clientConfig?.caBundle ?? []);
  const [bundle] = bundles;
  if (bundle === undefined || without.length > 0)
    return finding(
      'failed',
      ABOUT,
      `${name} has no caBundle for ${without.map((one) => one.name).join(', ')}: the API server trusts no certificate of the webhook`,
      `see why the webhook has not published it: ${log}`,
    );
  if (bundles.some((one) => one !== bundle))
    return finding(
      'failed',
      ABOUT,
      `the caBundles in ${name} differ: the API server trusts the webhook's certificate for some of its webhooks only`,
      `see why the webhook has not published the same for all: ${log}`,
    );
  try {
    const all = validities(bundle);
    const days = Math.floor((Math.max(...all.map(({ toMs }) => toMs)) - nowMs) / DAY_MS);
    if (days < 0)
      return finding(
        'failed',
        ABOUT,
        `the authority in ${name} expired ${dayCount(-days)} ago`,
        `restart the webhook: ${restart}`,
      );
    const fromMs = Math.min(...all.filter(({ toMs }) => toMs > nowMs).map((one) => one.fromMs));
    if (fromMs > nowMs)
      return finding(
        'failed',
        ABOUT,
        `the authority in ${name} is valid only from ${day(fromMs)}: it was made where the clock is wrong, or this machine's clock is`,
        `set the clocks by NTP, then restart the webhook: ${restart}`,
      );
    return finding(
      days < SOON_DAYS ? 'warning' : 'ok',
      ABOUT,
      `the authority in ${name} is valid for ${dayCount(days)}`,
      ...(days < SOON_DAYS ? [`see why the webhook does not renew it: ${log}`] : []),
    );
  } catch (error) {
    return finding(
      'failed',
      ABOUT,
      `the caBundle of ${name} can't be read: ${sentence(error)}`,
      `remove it, and the webhook publishes it anew; if it does not, see why: ${log}`,
    );
  }
}
