import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import supertest from 'supertest';

import { silentLogger } from '../../../shared/runtime/log.ts';
import { createWebhookApp } from '../../../webhook/app.ts';
import { createWebhookMetrics } from '../../../webhook/metrics.ts';
import { carrier, ownedByRun, pipelineRun, reviewOf, settings, submitted, taskRun, TRUSTED } from './review.ts';
import type { ReviewOptions } from './review.ts';

function observedApp() {
  const registry = new Registry();
  const observer = createWebhookMetrics(registry);
  const app = createWebhookApp({ settings, log: silentLogger, isReady: () => true, observer });
  /** The samples of a metric that are not zero, by their labels. */
  const samples = async (name: string): Promise<Record<string, number>> => {
    const { values } = (await registry.getSingleMetric(name)!.get()) as {
      values: { labels: Record<string, string>; value: number }[];
    };
    const counted = values.filter(({ value }) => value !== 0);
    return Object.fromEntries(counted.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
  };
  return { app, registry, samples };
}

test('each request is counted by its kind and HTTP status, and none is in flight afterwards', async () => {
  const { app, samples, registry } = observedApp();
  await supertest(app).post('/mutate/pipelinerun').send(reviewOf('pipelinerun', pipelineRun()));
  await supertest(app).post('/mutate/pod').set('content-type', 'application/json').send('{');
  await supertest(app).post('/mutate/secret').send({});
  expect(await samples('tektrace_webhook_requests_total')).toEqual({
    'pipelinerun 200': 1,
    'pod 400': 1,
    'other 404': 1,
  });
  expect(await samples('tektrace_webhook_requests_in_flight')).toEqual({});
  expect(await registry.metrics()).toContain('tektrace_webhook_request_duration_seconds_count{kind="pipelinerun"} 1');
});

const { metadata: stampedPod } = {
  metadata: { labels: { 'tekton.dev/taskRunUID': 'u' }, annotations: { 'tekton/span-context': 'x' } },
};
const pod = (metadata: object, containers: unknown = [{ name: 'step-a' }]): object => ({
  metadata,
  spec: { containers },
});

const full = { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(255 * 1024) };

test.each<[string, 'pipelinerun' | 'taskrun' | 'pod', unknown, ReviewOptions]>([
  ['stamped', 'pipelinerun', pipelineRun(), {}],
  ['stamped', 'taskrun', taskRun(), {}],
  ['not_a_creation', 'pipelinerun', pipelineRun(), { operation: 'UPDATE' }],
  ['malformed', 'pipelinerun', [], {}],
  [
    'already_stamped',
    'pipelinerun',
    pipelineRun({ annotations: { 'tekton/pipelinerun-span-context': carrier() }, ...submitted('example.com/note') }),
    {},
  ],
  ['annotations_full', 'pipelinerun', pipelineRun({ annotations: full }), {}],
  ['no_owner_context', 'taskrun', taskRun(ownedByRun), { username: TRUSTED }],
  ['no_task_run', 'pod', pod({}), { username: TRUSTED }],
  ['untrusted_requester', 'pod', pod(stampedPod), {}],
  ['malformed', 'pod', pod(stampedPod, {}), { username: TRUSTED }],
  ['no_owner_context', 'pod', pod({ labels: stampedPod.labels }), { username: TRUSTED }],
  ['already_stamped', 'pod', pod(stampedPod), { username: TRUSTED }],
  [
    'annotations_full',
    'pod',
    pod({ ...stampedPod, annotations: { ...full, 'tekton/taskrun-span-context': carrier() } }),
    { username: TRUSTED },
  ],
  ['failed', 'taskrun', { metadata: { ownerReferences: [null] } }, { username: TRUSTED }],
])('an object counts as %s (%s)', async (outcome, kind, object, options) => {
  const { app, samples } = observedApp();
  await supertest(app)
    .post(`/mutate/${kind}`)
    .send(reviewOf(kind, object, options));
  expect(await samples('tektrace_webhook_objects_total')).toEqual({ [`${kind} ${outcome}`]: 1 });
});

test('a refused owner reference is counted, each time', async () => {
  const { app, samples } = observedApp();
  for (let i = 0; i < 2; i++)
    await supertest(app)
      .post('/mutate/taskrun')
      .send(reviewOf('taskrun', taskRun(ownedByRun)));
  expect(await samples('tektrace_webhook_refused_owners_total')).toEqual({ taskrun: 2 });
  expect(await samples('tektrace_webhook_objects_total')).toEqual({ 'taskrun stamped': 2 });
});

test('a client that goes before the response is counted as aborted', async () => {
  const { app, samples } = observedApp();
  const server = http.createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = new Promise((resolve) =>
    server.on('request', (_request, response) => response.once('close', resolve)),
  );
  const request = http.request({
    host: '127.0.0.1',
    port,
    path: '/mutate/pod',
    method: 'POST',
    headers: { 'content-length': 100 },
  });
  request.on('error', () => undefined);
  const arrived = once(server, 'request');
  request.write('{');
  await arrived;
  request.destroy();
  await closed;
  expect(await samples('tektrace_webhook_requests_total')).toEqual({ 'pod <aborted>': 1 });
  expect(await samples('tektrace_webhook_requests_in_flight')).toEqual({});
  server.close();
});

test('a series of each decision is there before the first review', async () => {
  const { registry } = observedApp();
  const text = await registry.metrics();
  expect(text).toContain('tektrace_webhook_objects_total{kind="taskrun",outcome="stamped"} 0');
  expect(text).toContain('tektrace_webhook_objects_total{kind="pod",outcome="untrusted_requester"} 0');
});
