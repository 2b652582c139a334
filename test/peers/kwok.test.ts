import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { PIPELINE_RUN_SPAN_CONTEXT, TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { parseCarrier } from '../../shared/tracing/carrier.ts';
import { startControllerProcess } from './support/controller-process.ts';
import { readTrace } from './support/jaeger-trace.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';
import { startPlayedNode } from './support/kwok.ts';
import type { ServerProcess } from './support/server-process.ts';
import { until } from './support/until.ts';
import { startWebhookCluster } from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const step = (name: string): object => ({ name, image: 'busybox', script: 'true' });
const pipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'build-' },
  spec: {
    pipelineSpec: {
      tasks: [
        { name: 'compile', taskSpec: { steps: [step('make')] } },
        { name: 'publish', runAfter: ['compile'], taskSpec: { steps: [step('push')] } },
      ],
    },
  },
};

describe('runs on a node that kwok plays, placed by the real scheduler', () => {
  let cluster: WebhookCluster;
  let jaeger: Jaeger;
  let node: { stop(): Promise<void> };
  let controller: ServerProcess;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tektrace-kwok-'));
    jaeger = await startJaeger();
    // The controller is the administrator here, and the TaskRuns of others would have traces of their own.
    cluster = await startWebhookCluster({ trustedRequesters: ['admin'] });
    const { kubeconfigPath } = cluster.server;
    node = await startPlayedNode({ kubeconfigPath, client: cluster.client, directory });
    controller = await startControllerProcess({ kubeconfigPath, collectorUrl: jaeger.otlpUrl, directory });
  }, 300_000);
  afterAll(async () => {
    await controller.stop();
    await node.stop();
    await cluster.stop();
    await jaeger.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test('succeed, and how long their Pods waited for the scheduler and the node is in the trace', async () => {
    const runs = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
    const { metadata } = await cluster.client.request<PipelineRun>('POST', runs, { body: pipelineRun });
    const run = await until(`the trace of ${metadata.name}`, async () => {
      const path = resourcePath(PIPELINE_RUNS, { namespace: 'default', name: metadata.name });
      const found = await cluster.client.request<PipelineRun>('GET', path);
      return found.metadata.annotations?.[TRACE_EXPORTED] === metadata.uid ? found : undefined;
    });
    expect(run.status?.conditions).toEqual([expect.objectContaining({ type: 'Succeeded', status: 'True' })]);
    const { traceId = '' } = parseCarrier(run.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]) ?? {};
    const { shown } = await readTrace(jaeger, traceId);
    for (const task of ['task compile', 'task publish']) {
      const { spanId } = shown.find(({ name }) => name === task) ?? {};
      const below = shown.filter(({ parentSpanId }) => parentSpanId === spanId).map(({ name }) => name);
      expect(below).toEqual(expect.arrayContaining(['pod scheduling', 'pod starting']));
    }
  }, 300_000);
});
