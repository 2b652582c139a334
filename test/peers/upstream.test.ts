import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { PIPELINE_RUNS, SERVICE_ACCOUNTS, TASK_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeList } from '../../shared/kubernetes/types.ts';
import {
  ADMISSION_TIME,
  PIPELINE_RUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
} from '../../shared/tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { parseCarrier } from '../../shared/tracing/carrier.ts';
import { startFakeNode } from './support/fake-node.ts';
import type { FakeNode } from './support/fake-node.ts';
import { readTrace } from './support/jaeger-trace.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';
import { startUpstream, upstreamController } from './support/upstream/processes.ts';
import { until } from './support/until.ts';
import { startWebhookCluster } from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const stamps = [PIPELINE_RUN_SPAN_CONTEXT, UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT, ADMISSION_TIME];
const step = (name: string): object => ({ name, image: 'busybox', script: 'true' });
const pipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'build-' },
  spec: {
    pipelineSpec: {
      tasks: [
        { name: 'compile', taskSpec: { steps: [step('fetch'), step('make')] } },
        { name: 'publish', runAfter: ['compile'], taskSpec: { steps: [step('push')] } },
      ],
    },
  },
};

describe("our webhook beside upstream's controller and webhook, on the real kube-apiserver", () => {
  let cluster: WebhookCluster;
  let upstream: { stop(): Promise<void> } | undefined;
  let upstreamClient: KubeClient | undefined;
  let jaeger: Jaeger;
  let node: FakeNode;
  let directory: string;
  let created: PipelineRun;
  let run: PipelineRun;

  const childrenOf = async (name: string): Promise<TaskRun[]> => {
    const query = { labelSelector: `tekton.dev/pipelineRun=${name}` };
    const path = resourcePath(TASK_RUNS, { namespace: 'default' });
    return (await cluster.client.request<KubeList<TaskRun>>('GET', path, { query })).items;
  };
  const traceId = (): string => parseCarrier(created.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT])?.traceId ?? '';

  const finished = (name: string): Promise<PipelineRun> =>
    until(`the end of ${name}`, async () => {
      const path = resourcePath(PIPELINE_RUNS, { namespace: 'default', name });
      const found = await cluster.client.request<PipelineRun>('GET', path);
      return found.status?.completionTime === undefined ? undefined : found;
    });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tektrace-upstream-'));
    jaeger = await startJaeger();
    cluster = await startWebhookCluster({
      values: {},
      trustedRequesters: [upstreamController],
      prepare: async ({ kubeconfig, kubeconfigPath }) => {
        const client = createKubeClient(loadKubeConfig({ text: kubeconfig }));
        upstreamClient = client;
        upstream = await startUpstream({ kubeconfig, kubeconfigPath, client, otlpUrl: jaeger.otlpUrl, directory });
      },
    });
    node = await startFakeNode({ client: cluster.client });
    // A controller manager would have made it; upstream looks at its image credentials.
    await cluster.client.request('POST', resourcePath(SERVICE_ACCOUNTS, { namespace: 'default' }), {
      body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
    });
    const path = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
    created = await cluster.client.request<PipelineRun>('POST', path, { body: pipelineRun });
    run = await finished(created.metadata.name ?? '');
  }, 300_000);
  afterAll(async () => {
    await node.stop();
    await upstream?.stop();
    upstreamClient?.close();
    await cluster.stop();
    await jaeger.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test('upstream executes the run', async () => {
    expect(run.status?.conditions).toEqual([expect.objectContaining({ type: 'Succeeded', status: 'True' })]);
    const children = await childrenOf(run.metadata.name ?? '');
    expect(children.map(({ status }) => status?.conditions?.[0]?.status)).toEqual(['True', 'True']);
    // Its own webhook has been called, too: it fills in what a run leaves out.
    expect(created.spec).toMatchObject({ timeouts: { pipeline: '1h0m0s' } });
  });

  test('the annotations of our webhook stay to the end', () => {
    for (const stamp of stamps) {
      expect(created.metadata.annotations?.[stamp]).toEqual(expect.any(String));
      expect(run.metadata.annotations?.[stamp]).toBe(created.metadata.annotations?.[stamp]);
    }
  });

  test("upstream's TaskRuns belong to the run's trace, and their steps get a span of it each", async () => {
    const children = await childrenOf(run.metadata.name ?? '');
    for (const { metadata } of children)
      expect(parseCarrier(metadata.annotations?.[TASK_RUN_SPAN_CONTEXT])?.traceId).toBe(traceId());
    const steps = [...node.pods.values()].flatMap(({ spec }) => spec?.containers ?? []);
    expect(steps.map(({ name }) => name).sort()).toEqual(['step-fetch', 'step-make', 'step-push']);
    for (const { env = [] } of steps) expect(env.map(({ name }) => name)).toContain('TRACEPARENT');
  });

  test("upstream's own spans are in the same trace, and in no other", async () => {
    const services = ['pipelinerun-reconciler', 'taskrun-reconciler'];
    const tracesOf = async (service: string): Promise<string[]> => {
      const response = await fetch(`${jaeger.queryUrl}/api/traces?service=${service}&limit=20&lookback=1h`);
      return ((await response.json()) as { data: { traceID: string }[] }).data.map((trace) => trace.traceID);
    };
    // It sends them every five seconds.
    for (const service of services)
      await until(`spans of ${service}`, async () => (await tracesOf(service)).length > 0 || undefined);
    for (const service of services) expect(await tracesOf(service)).toEqual([traceId()]);
    const { shown } = await readTrace(jaeger, traceId());
    expect(new Set(shown.map((span) => span.service))).toEqual(new Set(services));
    const contexts = (await childrenOf(run.metadata.name ?? '')).map(({ status }) =>
      parseCarrier(JSON.stringify((status as { spanContext?: unknown }).spanContext)),
    );
    expect(contexts.map((carrier) => carrier?.traceId)).toEqual([traceId(), traceId()]);
  }, 300_000);
});
