import type { KubeClient } from '../shared/kubernetes/client.ts';
import { JSON_PATCH, MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../shared/kubernetes/resources.ts';
import type { MutatingWebhookConfiguration } from './published.ts';

interface PatchOperation {
  op: 'test' | 'add';
  path: string;
  value: string;
}

/** The `test` fails if the list was reordered meanwhile, so that the bundle is not written to the wrong webhook. */
function patchFor({ webhooks = [] }: MutatingWebhookConfiguration, caBundle: string): PatchOperation[] {
  return webhooks.flatMap((webhook, index): PatchOperation[] =>
    webhook.clientConfig.caBundle === caBundle
      ? []
      : [
          { op: 'test', path: `/webhooks/${index}/name`, value: webhook.name },
          { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle },
        ],
  );
}

/**
 * Writes `bundlePem` to the caBundle of every webhook of `configuration`, as it was last seen, if one differs. Resolves to whether it wrote.
 * Throws ApiError (404: it is gone; 422: its list has changed meanwhile) or ConnectionError.
 */
export async function publishCaBundle(
  client: KubeClient,
  configuration: MutatingWebhookConfiguration,
  bundlePem: string,
  signal: AbortSignal,
): Promise<boolean> {
  const body = patchFor(configuration, Buffer.from(bundlePem).toString('base64'));
  if (body.length === 0) return false;
  const path = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: configuration.metadata.name });
  await client.request('PATCH', path, { body, contentType: JSON_PATCH, signal });
  return true;
}
