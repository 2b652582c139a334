import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';

import { createAuthority } from '../../certs/authority.ts';
import { runControllers } from '../../controller/compose.ts';
import type { ControllerProcess } from '../../controller/compose.ts';
import { LOCAL_IMAGES } from '../../controller/taskrun/pod/images.ts';
import {
  JSON_PATCH,
  MUTATING_WEBHOOK_CONFIGURATIONS,
  PIPELINE_RUNS,
  resourcePath,
} from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { PIPELINE_RUN_SPAN_CONTEXT } from '../../shared/tekton/annotations.ts';
import { parseCarrier } from '../../shared/tracing/carrier.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { brokenAnswer, brokenConnection } from './support/broken-webhook.ts';
import type { BrokenWebhook } from './support/broken-webhook.ts';
import { freePorts } from './support/ports.ts';
import { until } from './support/until.ts';
import { controllerUser, issueWebhookCertificate, startWebhookCluster } from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const runs = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
const pipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'build-' },
  spec: { pipelineRef: { name: 'any' } },
};
const sink: SpanSink = { target: 'nowhere', send: async () => undefined, close: async () => undefined };

describe('a webhook that is broken, at the real kube-apiserver', () => {
  let cluster: WebhookCluster;
  let controllers: ControllerProcess;

  beforeAll(async () => {
    cluster = await startWebhookCluster();
    await cluster.webhook.close();
    const options = { manage: 'none', images: LOCAL_IMAGES, sampling: { ratio: 1 }, keepFailures: true } as const;
    const client = cluster.clientAs(controllerUser);
    controllers = await runControllers({ client, sink, ...options, log: silentLogger });
    await controllers.synced;
  }, 300_000);
  afterAll(async () => {
    await controllers.stop();
    await cluster.stop();
  });

  /** How often the API server itself counts that it has admitted a PipelineRun without the webhook. */
  async function failedOpen(): Promise<number> {
    const text = await cluster.kubectl('get', '--raw', '/metrics');
    const lines = text.split('\n').filter((line) => line.startsWith('apiserver_admission_webhook_fail_open_count{'));
    const counted = lines.filter((line) => line.includes('pipelinerun.tektrace.dev'));
    return counted.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  async function callAt(port: number): Promise<void> {
    const path = resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: 'tektrace-webhook' });
    const { webhooks = [] } = await cluster.client.request<V1MutatingWebhookConfiguration>('GET', path);
    const body = webhooks.flatMap(({ clientConfig }, index) => [
      {
        ...{ op: 'replace', path: `/webhooks/${index}/clientConfig/url` },
        value: `https://127.0.0.1:${port}${new URL(clientConfig.url ?? '').pathname}`,
      },
      { op: 'replace', path: `/webhooks/${index}/timeoutSeconds`, value: 1 },
    ]);
    await cluster.client.request('PATCH', path, { body, contentType: JSON_PATCH });
  }

  const nobody = async (): Promise<BrokenWebhook> => {
    const [port = 0] = await freePorts(1);
    return { port, hits: () => 1, close: () => undefined };
  };
  const answering = async (status: number, body: (uid: string) => unknown, type = 'application/json') =>
    brokenAnswer(await issueWebhookCertificate(cluster.authority), (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { uid } = (JSON.parse(Buffer.concat(chunks).toString()) as { request: { uid: string } }).request;
        const sent = body(uid);
        response
          .writeHead(status, { 'content-type': type })
          .end(typeof sent === 'string' ? sent : JSON.stringify(sent));
      });
    });
  const reviewed = (response: object): object => ({
    ...{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
    response,
  });

  test.each<[string, () => Promise<BrokenWebhook>]>([
    ['nobody listens', nobody],
    ['connections are closed at once', () => brokenConnection((socket) => socket.destroy())],
    ['connections are accepted, and nothing is said', () => brokenConnection(() => undefined)],
    [
      'something other than TLS is said',
      () => brokenConnection((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    ],
    [
      'the certificate is of an authority that is not trusted',
      async () => {
        const other = await createAuthority({ commonName: 'other', lifetimeMs: 3_600_000 });
        return brokenAnswer(await issueWebhookCertificate(other), (_request, response) => response.end('{}'));
      },
    ],
    [
      'reviews are read, and never answered',
      async () => brokenAnswer(await issueWebhookCertificate(cluster.authority), () => undefined),
    ],
    [
      'the answer begins, and never ends',
      async () =>
        brokenAnswer(await issueWebhookCertificate(cluster.authority), (_request, response) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.write('{"kind":');
        }),
    ],
    ['it answers with HTTP 500', () => answering(500, () => 'oops')],
    ['it redirects', () => answering(302, () => '')],
    ['it answers with a page', () => answering(200, () => '<html></html>', 'text/html')],
    ['it answers with nothing', () => answering(200, () => '')],
    ['it answers without a response', () => answering(200, () => ({ kind: 'AdmissionReview' }))],
    ['it answers another review', () => answering(200, () => reviewed({ uid: 'other', allowed: true }))],
    [
      'it answers with a patch of no type',
      () => answering(200, (uid) => reviewed({ uid, allowed: true, patch: Buffer.from('[]').toString('base64') })),
    ],
  ])(
    '%s: a run is created, and the controller stamps it',
    async (_what, start) => {
      const broken = await start();
      try {
        await callAt(broken.port);
        // The API server learns of the changed configuration some time after it was written.
        await until('a call of the broken webhook', async () => {
          await cluster.client.request('POST', runs, { body: pipelineRun, query: { dryRun: 'All' } });
          return broken.hits() > 0 || undefined;
        });
        const before = await failedOpen();
        const startedMs = performance.now();
        const created = await cluster.client.request<KubeObject>('POST', runs, { body: pipelineRun });
        process.stderr.write(`${_what}: created in ${Math.round(performance.now() - startedMs)} ms\n`);
        expect(created.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]).toBeUndefined();
        expect(await failedOpen()).toBe(before + 1);
        const { name } = created.metadata;
        const stamped = await until('the controller’s stamp', async () => {
          const run = await cluster.client.request<KubeObject>('GET', `${runs}/${name}`);
          return run.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT];
        });
        expect(parseCarrier(stamped)).toMatchObject({ sampled: true });
      } finally {
        broken.close();
      }
    },
    300_000,
  );
});
