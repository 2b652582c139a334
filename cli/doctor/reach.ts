import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';
import { handling } from './certificate.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { helmUpgrade } from './installation.ts';
import type { WebhookConfiguration } from './installation.ts';

const TIMEOUT_MS = 5000;

/** Why the webhook did not answer, and what to do. */
export interface Unreached {
  text: string;
  remedy: string;
}

/** What the API server says of its way to the Service: undefined if it got an answer there, whatever it was. */
async function proxyError(client: KubeClient, service: { namespace: string; name: string; port?: number }) {
  const { namespace, name, port = 443 } = service;
  try {
    await client.request('GET', `/api/v1/namespaces/${namespace}/services/https:${name}:${port}/proxy/readyz`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError)) return error instanceof DOMException ? 'no answer' : undefined;
    if (error.status === 403 && error.details?.kind === 'services') return 'forbidden';
    return error.status === 503 || error.status === 502 || error.status === 504 ? error.answer : undefined;
  }
}

/** What to do about the API server's error on its way to the webhook. */
function unreached(error: string, configuration: WebhookConfiguration): Unreached {
  const text = `the API server does not reach the webhook: ${error}`;
  const { log } = handling(configuration.webhooks?.[0]?.clientConfig ?? {});
  const remedy = /timeout|no answer|no route/i.test(error)
    ? 'admit the API server to port 8443 of the nodes or Pods: a firewall (as of private clusters), a NetworkPolicy, or networkPolicy.reviewsFrom of the chart keeps it out'
    : `put its Service and Deployment right: ${helmUpgrade(configuration)}; its log: ${log}`;
  return { text, remedy };
}

/**
 * Asks the API server to reach the webhook through its Service, as it does for a review, but without a check of the certificate. So an answer means
 * that the certificate is not trusted, or that the answers have no context.
 */
export async function whyUnreached(client: KubeClient, configuration: WebhookConfiguration): Promise<Unreached> {
  const { clientConfig = {}, timeoutSeconds = 10 } = configuration.webhooks?.[0] ?? {};
  const { log, restart } = handling(clientConfig);
  const asked = clientConfig.service && (await proxyError(client, clientConfig.service));
  if (asked === 'forbidden' || (!clientConfig.service && asked === undefined))
    return {
      text: `the webhook was not called, or did not answer within ${timeoutSeconds} s, or its certificate is not trusted`,
      remedy: `see what it says: ${log}`,
    };
  if (asked === undefined)
    return {
      text: 'the API server reaches the webhook, so it does not trust its certificate, or the webhook answers without a context',
      remedy: `see what it says: ${log}; restart it, so that it makes and publishes its certificate: ${restart}`,
    };
  return unreached(asked, configuration);
}

/** Whether the API server reaches the webhook over a new connection. It goes on to use one from before its Service was broken. */
export async function checkReach(client: KubeClient, configuration: WebhookConfiguration): Promise<Finding[]> {
  const { service } = configuration.webhooks?.[0]?.clientConfig ?? {};
  const asked = service && (await proxyError(client, service));
  if (asked === undefined || asked === 'forbidden') return [];
  const { text, remedy } = unreached(asked, configuration);
  return [finding('warning', 'webhook Service', `over a new connection ${text}`, remedy)];
}
