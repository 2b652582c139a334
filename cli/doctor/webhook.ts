import { X509Certificate } from 'node:crypto';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { sentence } from '../errors.ts';
import { finding, readable } from './finding.ts';
import type { Finding } from './finding.ts';

interface ClientConfig {
  caBundle?: string;
  url?: string;
  service?: { namespace: string };
}

interface WebhookConfiguration extends KubeObject {
  webhooks?: { name: string; clientConfig?: ClientConfig }[];
}

/** Selects the webhook's Deployment and its Pods. */
export const WEBHOOK_LABELS = '-l app.kubernetes.io/part-of=tektrace,app.kubernetes.io/component=webhook';
const DAY_MS = 24 * 3_600_000;
/** The authority renews itself long before (certs/). */
const SOON_DAYS = 7;

const configurationsPath = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, {});

/** The end of the newest certificate of a bundle in PEM, in milliseconds since the epoch. Throws for a text that is none. */
function lastEndMs(caBundle: string): number {
  const pem = Buffer.from(caBundle, 'base64').toString('utf8');
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new Error('it holds no certificate');
  return Math.max(...certificates.map((text) => Date.parse(new X509Certificate(text).validTo)));
}

/** How the webhook's log is read and how it is restarted: the Pods behind its Service, or the program at its URL (as in `tektrace up`). */
function handling({ service, url = '' }: ClientConfig): { log: string; restart: string } {
  if (!service) return { log: `the log of the program that serves ${url}`, restart: `the program that serves ${url}` };
  const its = `-n ${service.namespace} ${WEBHOOK_LABELS}`;
  return { log: `kubectl logs ${its}`, restart: `kubectl rollout restart deployment ${its}` };
}

const dayCount = (count: number): string => (count === 1 ? '1 day' : `${count} days`);

/** Whether the API server calls Tektrace's webhook, and trusts its certificate. */
export async function checkConfiguration(client: KubeClient, nowMs: number): Promise<Finding> {
  const list = await readable<{ items: WebhookConfiguration[] }>(client, configurationsPath);
  if (!list) return finding('unknown', 'webhook configuration', 'this user may not list MutatingWebhookConfigurations');
  const ours = list.items.find(({ webhooks = [] }) => webhooks.some(({ name }) => name.endsWith('.tektrace.dev')));
  if (!ours)
    return finding(
      'failed',
      'webhook configuration',
      'no MutatingWebhookConfiguration has a webhook of Tektrace',
      'install the chart: helm install tektrace ./helm/tektrace',
    );
  const name = ours.metadata.name ?? '';
  const configs = (ours.webhooks ?? []).map(({ clientConfig = {} }) => clientConfig);
  const bundles = configs.map(({ caBundle }) => caBundle);
  const { log, restart } = handling(configs[0] ?? {});
  const bundle = bundles.find((one) => one !== undefined && one !== '');
  if (bundle === undefined || bundles.some((one) => !one))
    return finding(
      'failed',
      'webhook certificate',
      `${name} has no caBundle: the API server trusts no certificate of the webhook`,
      `see why the webhook has not published it: ${log}`,
    );
  try {
    const days = Math.floor((lastEndMs(bundle) - nowMs) / DAY_MS);
    if (days < 0)
      return finding(
        'failed',
        'webhook certificate',
        `the authority in ${name} expired ${dayCount(-days)} ago`,
        `restart the webhook: ${restart}`,
      );
    return finding(
      days < SOON_DAYS ? 'warning' : 'ok',
      'webhook certificate',
      `the authority in ${name} is valid for ${dayCount(days)}`,
      ...(days < SOON_DAYS ? [`see why the webhook does not renew it: ${log}`] : []),
    );
  } catch (error) {
    return finding(
      'failed',
      'webhook certificate',
      `the caBundle of ${name} can't be read: ${sentence(error)}`,
      'remove it, and the webhook publishes it anew',
    );
  }
}
