import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import { freePorts } from './support/ports.ts';
import { startServerProcess } from './support/server-process.ts';
import type { ServerProcess } from './support/server-process.ts';
import { startWebhookCluster } from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const main = resolve(import.meta.dirname, '../../cli/main.ts');

describe('tektrace controller on the real kube-apiserver', () => {
  let cluster: WebhookCluster;
  let directory: string;
  let controller: ServerProcess;
  let url: string;

  beforeAll(async () => {
    cluster = await startWebhookCluster();
    directory = await mkdtemp(join(tmpdir(), 'tektrace-metrics-'));
    const [port = 0] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    controller = await startServerProcess({
      program: process.execPath,
      args: [
        ...[main, 'controller', '--manage=all', `--health-port=${port}`, '--kube-api-qps=200', '--kube-api-burst=400'],
        '--jaeger-collector-url=http://127.0.0.1:1/v1/traces',
        ...['--leader-elect', '--leader-elect-resource-namespace=default', '--leader-elect-resource-name=metrics'],
      ],
      env: { KUBECONFIG: cluster.server.kubeconfigPath },
      logFile: join(directory, 'controller.log'),
      isReady: async () => (await fetch(`${url}/readyz`)).ok,
      startTimeoutMs: 60_000,
    });
  }, 300_000);
  afterAll(async () => {
    await controller.stop();
    await cluster.stop();
    await rm(directory, { recursive: true });
  });

  /** The samples by `name{labels}`. */
  async function metrics(): Promise<Map<string, number>> {
    const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n').filter((line) => /^[a-z]/.test(line));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  }

  async function untilMetric(name: string, isReached: (value: number) => boolean): Promise<void> {
    while (!isReached((await metrics()).get(name) ?? NaN)) await delay(50);
  }

  test('/metrics has leadership, watches, requests and work queues', async () => {
    await untilMetric('leader_election_master_status{name="metrics"}', (value) => value === 1);
    const body = {
      metadata: { name: 'broken' },
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      spec: { pipelineRef: { name: 'missing' } },
    };
    await cluster.client.request('POST', resourcePath(PIPELINE_RUNS, { namespace: 'default' }), { body });
    await untilMetric('tektrace_events_total{outcome="created"}', (value) => value > 0);
    // The Event leaves in the middle of the work.
    await untilMetric('workqueue_work_duration_seconds_count{name="pipelinerun"}', (value) => value > 0);
    const found = await metrics();
    const atLeastOne = [
      'workqueue_adds_total{name="pipelinerun"}',
      'workqueue_work_duration_seconds_count{name="pipelinerun"}',
      'reflector_lists_total{resource="pipelineruns"}',
      'reflector_watches_total{resource="pods"}',
      'reflector_events_total{resource="pipelineruns",type="ADDED"}',
      'reflector_last_contact_timestamp_seconds{resource="taskruns"}',
      'rest_client_requests_total{code="201",method="POST",resource="events"}',
      'rest_client_requests_total{code="200",method="GET",resource="pipelineruns"}',
      'rest_client_rate_limiter_duration_seconds_count{method="POST",resource="events"}',
      'process_resident_memory_bytes',
    ];
    expect(atLeastOne.filter((name) => !((found.get(name) ?? 0) > 0))).toEqual([]);
    // Objects have names, metrics have none.
    expect([...found.keys()].filter((name) => name.includes('broken'))).toEqual([]);
  });

  test('a failed run is in the metrics of the CI/CD conventions, with its trace as the exemplar', async () => {
    const body = {
      metadata: { generateName: 'nightly-' },
      apiVersion: 'tekton.dev/v1',
      kind: 'PipelineRun',
      spec: { pipelineRef: { name: 'nightly' } },
    };
    const path = resourcePath(PIPELINE_RUNS, { namespace: 'default' });
    const { metadata } = await cluster.client.request<PipelineRun>('POST', path, { body });
    const labels = 'k8s_namespace_name="default",cicd_pipeline_name="nightly"';
    const errors = `cicd_pipeline_run_errors_total{${labels},error_type="CouldntGetPipeline"}`;
    await untilMetric(errors, (value) => value === 1);
    const run = await cluster.client.request<PipelineRun>('GET', `${path}/${metadata.name}`);
    const { traceId } = runSpan(run) ?? {};
    const response = await fetch(`${url}/metrics`, {
      headers: { accept: 'application/openmetrics-text; version=1.0.0' },
    });
    expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
    const text = await response.text();
    expect(text).toContain(`${errors} 1 # {trace_id="${traceId}",span_id="`);
    expect(text).toContain(`cicd_pipeline_run_duration_seconds_count{${labels},cicd_pipeline_run_state="executing",`);
  });
});
