import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { V1Pod } from '@kubernetes/client-node';
import { generate } from 'selfsigned';

import { createAuthority } from '../../certs/authority.ts';
import type { MutatingWebhookConfiguration } from '../../certs/published.ts';
import { publishCaBundle } from '../../certs/publisher.ts';
import {
  CONFIGMAPS,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  PIPELINE_RUNS,
  PODS,
  TASK_RUNS,
  resourcePath,
} from '../../shared/kubernetes/resources.ts';
import type { Resource } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import {
  ADMISSION_TIME,
  PIPELINE_RUN_SPAN_CONTEXT,
  RERUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
} from '../../shared/tekton/annotations.ts';
import { parseCarrier, parseTraceparent } from '../../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { deriveSpanId } from '../../shared/tracing/ids.ts';
import { isClaimed } from '../../shared/tracing/provenance.ts';
import { until } from './support/until.ts';
import {
  controllerUser,
  issueWebhookCertificate,
  namespace,
  startWebhookCluster,
  webhookAnswers,
} from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const pipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'build-' },
  spec: { pipelineRef: { name: 'build' } },
};

const contextOf = (object: KubeObject, annotation: string): SpanCarrier | undefined =>
  parseCarrier(object.metadata.annotations?.[annotation]);
const rootOf = (run: KubeObject): SpanCarrier | undefined => contextOf(run, PIPELINE_RUN_SPAN_CONTEXT);

describe('the webhook, called by the real kube-apiserver', () => {
  let cluster: WebhookCluster;
  const create = <T extends KubeObject>(resource: Resource, body: object, at = 'default'): Promise<T> =>
    cluster.client.request<T>('POST', resourcePath(resource, { namespace: at }), { body });

  async function publish(bundlePem: string): Promise<void> {
    const path = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: 'tektrace-webhook' });
    const configuration = await cluster.client.request<MutatingWebhookConfiguration>('GET', path);
    await publishCaBundle(cluster.client, configuration, bundlePem, AbortSignal.timeout(60_000));
  }

  beforeAll(async () => {
    cluster = await startWebhookCluster();
  }, 300_000);
  afterAll(async () => {
    await cluster.stop();
  });

  test('a run gets a root span of its own, in annotations that no managedFields entry lists', async () => {
    const [one, other] = [await create(PIPELINE_RUNS, pipelineRun), await create(PIPELINE_RUNS, pipelineRun)];
    expect(rootOf(one)).toMatchObject({ sampled: true });
    expect(one.metadata.annotations?.[ADMISSION_TIME]).toMatch(/Z\//);
    expect(rootOf(other)?.traceId).not.toBe(rootOf(one)?.traceId);
    expect(JSON.stringify(one.metadata.managedFields)).not.toContain('span-context');
    expect(isClaimed(one.metadata, PIPELINE_RUN_SPAN_CONTEXT)).toBe(false);
  });

  test('a standalone TaskRun gets one too', async () => {
    const taskRun = await create(TASK_RUNS, {
      ...pipelineRun,
      kind: 'TaskRun',
      spec: { taskRef: { name: 'compile' } },
    });
    expect(contextOf(taskRun, TASK_RUN_SPAN_CONTEXT)).toBeDefined();
  });

  test('a dry run shows the stamp and stores nothing', async () => {
    const path = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
    const body = { ...pipelineRun, metadata: { name: 'dry' } };
    const shown = await cluster.client.request<KubeObject>('POST', path, { body, query: { dryRun: 'All' } });
    expect(rootOf(shown)).toBeDefined();
    await expect(cluster.client.request('GET', `${path}/dry`)).rejects.toMatchObject({ status: 404 });
  });

  test('a run that is created again from its YAML gets a trace of its own and a link to the first', async () => {
    const first = await create(PIPELINE_RUNS, { ...pipelineRun, metadata: { name: 'original' } });
    const { metadata, ...rest } = JSON.parse(
      await cluster.kubectl('get', 'pipelinerun', 'original', '-o', 'json'),
    ) as KubeObject;
    const again = await create(PIPELINE_RUNS, {
      ...rest,
      metadata: { generateName: 'copy-', annotations: metadata.annotations },
    });
    expect(rootOf(again)?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(rootOf(again)?.traceId).not.toBe(rootOf(first)?.traceId);
    expect(contextOf(again, RERUN_SPAN_CONTEXT)).toMatchObject({
      traceId: rootOf(first)?.traceId,
      spanId: rootOf(first)?.spanId,
    });
  });

  test("a TaskRun's Pod gets each step's own span in the step's environment", async () => {
    const carrier = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), sampled: true };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'compile-pod',
        labels: {
          'tekton.dev/taskRun': 'compile',
          'tekton.dev/taskRunUID': 'uid-1',
          'tekton.dev/pipelineRun': 'build',
        },
        annotations: {
          [TASK_RUN_SPAN_CONTEXT]: JSON.stringify({ traceparent: `00-${carrier.traceId}-${carrier.spanId}-01` }),
        },
      },
      spec: {
        containers: [
          { name: 'step-one', image: 'busybox' },
          { name: 'step-two', image: 'busybox', env: [{ name: 'TRACEPARENT', value: 'mine' }] },
        ],
      },
    };
    const created = await create<V1Pod & KubeObject>(PODS, pod);
    expect(created.spec?.containers[0]?.env).toBeUndefined();
    await cluster.kubectl('delete', 'pod', 'compile-pod', '--force', '--grace-period=0');

    const controller = cluster.clientAs(controllerUser);
    const byController = await controller.request<V1Pod>('POST', resourcePath(PODS, { namespace: 'default' }), {
      body: pod,
    });
    const [one, two] = byController.spec?.containers ?? [];
    const name = /annotations\['(.*)'\]/.exec(one?.env?.[0]?.valueFrom?.fieldRef?.fieldPath ?? '')?.[1] ?? '';
    expect(one?.env?.map((variable) => variable.name)).toEqual(['TRACEPARENT']);
    expect(parseTraceparent(byController.metadata?.annotations?.[name])).toEqual({
      ...carrier,
      spanId: deriveSpanId(carrier.traceId, 'step', 'uid-1', 0, 'step-one'),
    });
    expect(two?.env).toEqual([{ name: 'TRACEPARENT', value: 'mine' }]);
  });

  test('nothing is sent to it from its own namespace, nor what is labelled to be left alone', async () => {
    expect(rootOf(await create(PIPELINE_RUNS, pipelineRun, namespace))).toBeUndefined();
    const ignored = { ...pipelineRun, metadata: { generateName: 'build-', labels: { 'tektrace.dev/ignore': '' } } };
    expect(rootOf(await create(PIPELINE_RUNS, ignored))).toBeUndefined();
    expect(
      (await create(CONFIGMAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'other-' } })).metadata
        .annotations,
    ).toBeUndefined();
  });

  test('it takes a certificate of a new authority while it runs', async () => {
    const next = await createAuthority({ commonName: 'webhook-ca', lifetimeMs: 3_600_000 });
    const bundlePem = next.certPem + cluster.authority.certPem;
    await publish(bundlePem);
    cluster.webhook.setCertificate(await issueWebhookCertificate(next));
    await webhookAnswers(cluster.client);
    expect(rootOf(await create(PIPELINE_RUNS, pipelineRun))).toBeDefined();
  });

  test('it takes a certificate that is its own authority, as a self-signed issuer makes it', async () => {
    const { cert, private: key } = await generate([{ name: 'organizationName', value: 'tektrace' }], {
      ...{ keyType: 'ec', curve: 'P-256', algorithm: 'sha256' },
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    });
    await publish(cert);
    await until('the API server trusts nothing else', async () => {
      const dryRun = { body: pipelineRun, query: { dryRun: 'All' } };
      const path = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
      return rootOf(await cluster.client.request<KubeObject>('POST', path, dryRun)) ? undefined : true;
    });
    cluster.webhook.setCertificate({ certPem: cert, keyPem: key });
    await webhookAnswers(cluster.client);
    expect(rootOf(await create(PIPELINE_RUNS, pipelineRun))).toBeDefined();
  });

  test('runs are created while it is down', async () => {
    await cluster.webhook.close();
    expect(rootOf(await create(PIPELINE_RUNS, pipelineRun))).toBeUndefined();
  });
});
