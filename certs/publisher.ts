import { ApiError } from '../shared/kubernetes/errors.ts';
import type { KubeClient } from '../shared/kubernetes/client.ts';
import { JSON_PATCH, MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../shared/kubernetes/resources.ts';
import type { KubeObject } from '../shared/kubernetes/types.ts';

const MAX_ATTEMPTS = 3;

interface MutatingWebhookConfiguration extends KubeObject {
  webhooks?: { name: string; clientConfig: { caBundle?: string } }[];
}

interface PatchOperation {
  op: 'test' | 'add';
  path: string;
  value: string;
}

/** The `test` fails if the list was reordered meanwhile, so that the bundle is not written to the wrong webhook. */
function patchFor(configuration: MutatingWebhookConfiguration, caBundle: string): PatchOperation[] {
  return (configuration.webhooks ?? []).flatMap((webhook, index): PatchOperation[] =>
    webhook.clientConfig.caBundle === caBundle
      ? []
      : [
          { op: 'test', path: `/webhooks/${index}/name`, value: webhook.name },
          { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle },
        ],
  );
}

/** 422: the `test` failed. */
const listChanged = (error: unknown): boolean => error instanceof ApiError && error.status === 422;

/**
 * Writes `bundlePem` to the caBundle of every webhook of a MutatingWebhookConfiguration, if one differs. Resolves to whether it wrote.
 * Throws ApiError (404: there is no such configuration) or ConnectionError.
 */
export async function publishCaBundle(
  client: KubeClient,
  { configurationName, bundlePem }: { configurationName: string; bundlePem: string },
  signal: AbortSignal,
): Promise<boolean> {
  const path = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: configurationName });
  const caBundle = Buffer.from(bundlePem).toString('base64');
  for (let attempt = 1; ; attempt++) {
    const patch = patchFor(await client.request<MutatingWebhookConfiguration>('GET', path, { signal }), caBundle);
    if (patch.length === 0) return false;
    try {
      await client.request('PATCH', path, { body: patch, contentType: JSON_PATCH, signal });
      return true;
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !listChanged(error)) throw error;
    }
  }
}
