import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { runPeer } from './support/command.ts';
import { chart, renderChart } from './support/helm.ts';

interface Rules {
  groups: { name: string; rules: { alert: string; annotations: { summary: string } }[] }[];
}

const controller = 'job="tektrace-controller",namespace="tracing",pod="c-1"';
const webhook = 'job="tektrace-webhook",namespace="tracing",pod="w-1"';

/** What Prometheus scrapes of a healthy installation, one sample a minute. */
const healthy: Record<string, string> = {
  [`up{${webhook}}`]: '1x60',
  [`leader_election_master_status{${controller}}`]: '1x60',
  [`tektrace_span_export_failures_total{${controller},retryable="true"}`]: '0x60',
  [`tektrace_spans_exported_total{${controller}}`]: '0+100x60',
  [`tektrace_spans_refused_total{${controller}}`]: '0x60',
  [`tektrace_spans_dropped_total{${controller}}`]: '0x60',
  [`tektrace_run_export_lag_seconds_bucket{${controller},le="5"}`]: '0+10x60',
  [`tektrace_run_export_lag_seconds_bucket{${controller},le="300"}`]: '0+10x60',
  [`tektrace_run_export_lag_seconds_bucket{${controller},le="+Inf"}`]: '0+10x60',
  [`reflector_last_contact_timestamp_seconds{${controller},resource="pipelineruns"}`]: '0+60x60',
  [`tektrace_webhook_request_duration_seconds_bucket{${webhook},kind="pipelinerun",le="0.001"}`]: '0+600x60',
  [`tektrace_webhook_request_duration_seconds_bucket{${webhook},kind="pipelinerun",le="2"}`]: '0+600x60',
  [`tektrace_webhook_request_duration_seconds_bucket{${webhook},kind="pipelinerun",le="+Inf"}`]: '0+600x60',
  [`tektrace_webhook_requests_total{${webhook},kind="pipelinerun",code="200"}`]: '0+600x60',
  [`tektrace_webhook_certificate_expiry_timestamp_seconds{${webhook}}`]: '600000x60',
};

/** For each alert, what is different when it fires. */
const faults: Record<string, Record<string, string>> = {
  TektraceWebhookDown: { [`up{${webhook}}`]: '0x60' },
  TektraceNoLeader: { [`leader_election_master_status{${controller}}`]: '0x60' },
  TektraceExportsFail: {
    [`tektrace_span_export_failures_total{${controller},retryable="true"}`]: '0+4x60',
    [`tektrace_spans_exported_total{${controller}}`]: '500x60',
  },
  TektraceSpansRefused: { [`tektrace_spans_refused_total{${controller}}`]: '0+1x60' },
  TektraceSpansDropped: { [`tektrace_spans_dropped_total{${controller}}`]: '0+1x60' },
  TektraceExportLag: { [`tektrace_run_export_lag_seconds_bucket{${controller},le="5"}`]: '0x60' },
  TektraceWatchSilent: {
    [`reflector_last_contact_timestamp_seconds{${controller},resource="pipelineruns"}`]: '60x60',
  },
  TektraceWebhookSlow: {
    [`tektrace_webhook_request_duration_seconds_bucket{${webhook},kind="pipelinerun",le="0.001"}`]: '0x60',
  },
  TektraceCertificateExpires: {
    [`tektrace_webhook_certificate_expiry_timestamp_seconds{${webhook}}`]: '80000x60',
  },
  TektraceReviewsFail: { [`tektrace_webhook_requests_total{${webhook},kind="pipelinerun",code="500"}`]: '0+60x60' },
};

describe('the alerts, as promtool evaluates them', () => {
  let directory: string;
  let rules: Rules;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tektrace-alerts-'));
    const objects = await renderChart({ metrics: { prometheusRule: { enabled: true } } });
    const rule = objects.find(({ kind }) => kind === 'PrometheusRule') as KubeObject & { spec: Rules };
    rules = rule.spec;
    await writeFile(join(directory, 'rules.yaml'), JSON.stringify(rules));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** Throws what promtool says unless, of all alerts, exactly `expected` fire after half an hour. */
  async function expectAlerts(series: Record<string, string>, expected: string[]): Promise<void> {
    const summaries = rules.groups.flatMap(({ rules: all }) => all.map(({ alert }) => alert));
    const file = join(directory, 'test.yaml');
    const unit = {
      rule_files: ['rules.yaml'],
      evaluation_interval: '1m',
      tests: [
        {
          interval: '1m',
          input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
          promql_expr_test: summaries.map((alert) => ({
            expr: `count(ALERTS{alertname="${alert}",alertstate="firing"})`,
            eval_time: '40m',
            exp_samples: expected.includes(alert) ? [{ labels: '{}', value: 1 }] : [],
          })),
        },
      ],
    };
    await writeFile(file, JSON.stringify(unit));
    await runPeer('promtool', ['test', 'rules', file]);
  }

  test('each has a fault below that fires it', () => {
    const names = rules.groups.flatMap(({ rules: all }) => all.map(({ alert }) => alert));
    expect(names.sort()).toEqual(Object.keys(faults).sort());
  });

  test('none fires while all is well', async () => {
    await expectAlerts(healthy, []);
  });

  test.each(Object.entries(faults))('%s fires, alone', async (alert, changed) => {
    await expectAlerts({ ...healthy, ...changed }, [alert]);
  });

  test('none fires while nothing runs: no run, no review, no span', async () => {
    const idle = Object.entries(healthy).map(([name, values]) => [
      name,
      /^(up|leader|reflector|tektrace_webhook_certificate)/.test(name) ? values : '0x60',
    ]);
    await expectAlerts(Object.fromEntries(idle) as Record<string, string>, []);
  });

  test('docs/operations.md says what to do about each', async () => {
    const text = await readFile(join(chart, '../../docs/operations.md'), 'utf8');
    for (const alert of Object.keys(faults)) expect(text).toContain(`\`${alert}\``);
  });
});
