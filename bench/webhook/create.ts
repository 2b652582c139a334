import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';

import {
  JSON_PATCH,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  PIPELINE_RUNS,
  resourcePath,
} from '../../shared/kubernetes/resources.ts';
import {
  issueWebhookCertificate,
  startWebhookCluster,
  webhookAnswers,
} from '../../test/peers/support/webhook-cluster.ts';
import type { WebhookCluster } from '../../test/peers/support/webhook-cluster.ts';
import { median, quantile, startServer } from './measure.ts';
import { pipelineRun } from './review.ts';

const IGNORED = 'not-traced';

async function callAt({ client }: WebhookCluster, port: number): Promise<void> {
  const path = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: 'tektrace-webhook' });
  const { webhooks = [] } = await client.request<V1MutatingWebhookConfiguration>('GET', path);
  const body = webhooks.map(({ clientConfig }, index) => {
    const { pathname } = new URL(clientConfig.url ?? '');
    return {
      op: 'replace',
      path: `/webhooks/${index}/clientConfig/url`,
      value: `https://127.0.0.1:${port}${pathname}`,
    };
  });
  await client.request('PATCH', path, { body, contentType: JSON_PATCH });
}

/** Milliseconds of a creation at a real kube-apiserver. */
export interface CreateCost {
  with: { p50: number; p99: number };
  without: { p50: number; p99: number };
  /** Median of the differences of each pair. */
  added: number;
}

/**
 * Creates `pairs` PipelineRuns one after the other where the webhook is called (a thread of its own serves it), each followed by one in a namespace that is
 * labelled to be left alone.
 */
export async function measureCreates(pairs: number, signal: AbortSignal): Promise<CreateCost> {
  const cluster = await startWebhookCluster();
  const server = await startServer('webhook', await issueWebhookCertificate(cluster.authority));
  try {
    await callAt(cluster, server.port);
    await cluster.webhook.close();
    await webhookAnswers(cluster.client);
    const metadata = { name: IGNORED, labels: { 'tektrace.dev/ignore': '' } };
    await cluster.client.request('POST', '/api/v1/namespaces', { body: { metadata } });
    const create = async (namespace: string): Promise<number> => {
      const run = pipelineRun(false) as { metadata: object };
      const body = { ...run, metadata: { generateName: 'build-' } };
      const startedMs = performance.now();
      await cluster.client.request('POST', resourcePath(PIPELINE_RUNS, { namespace }), { body });
      return performance.now() - startedMs;
    };
    const took: { with: number; without: number }[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      signal.throwIfAborted();
      took.push({ with: await create('default'), without: await create(IGNORED) });
    }
    // The first tenth warms up.
    const counted = took.slice(pairs / 10);
    const of = (name: 'with' | 'without'): { p50: number; p99: number } => {
      const sorted = counted.map((one) => one[name]).sort((a, b) => a - b);
      return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
    };
    return { with: of('with'), without: of('without'), added: median(counted.map((one) => one.with - one.without)) };
  } finally {
    await server.worker.terminate();
    await cluster.stop();
  }
}
