import { beforeEach, expect, test } from '@jest/globals';
import type { Registry } from 'prom-client';

import { Ledger } from '../../../../controller/lifecycle/ledger.ts';
import type { Entry, Run } from '../../../../controller/lifecycle/ledger.ts';
import { createRunMetrics } from '../../../../controller/lifecycle/run-metrics.ts';
import type { RunMetrics } from '../../../../controller/lifecycle/run-metrics.ts';
import { createMetricsRegistry, renderMetrics } from '../../../../shared/runtime/metrics.ts';
import { at, carrier, condition, ms, pipelineRun, ranRun, ROOT, taskRun, TRACE } from './objects.ts';

let ledger: Ledger;
let registry: Registry;
let metrics: RunMetrics;
beforeEach(() => {
  ledger = new Ledger();
  registry = createMetricsRegistry('1.2.3');
  metrics = createRunMetrics(registry, {
    running: () => ledger.all(),
    runOf: (uid) => ledger.get(uid)?.run,
    isTraced: ({ run }) => run.metadata.namespace !== 'ignored',
  });
});

function see(run: Run): Entry {
  const before = ledger.get(run.metadata.uid ?? '')?.run;
  const entry = ledger.observe(run);
  metrics.seen(entry, before);
  return entry;
}

async function lines(pattern: RegExp): Promise<string[]> {
  const { text } = await renderMetrics(registry, 'application/openmetrics-text');
  return text.split('\n').filter((line) => pattern.test(line));
}

const running = { startTime: at(1) };
const failed = { ...running, completionTime: at(20), conditions: [condition('False', 'Failed', 'one task failed')] };
const build = 'k8s_namespace_name="ci",cicd_pipeline_name="build"';

test('a run that ends is counted once, with its time by state and an exemplar of its trace', async () => {
  see(pipelineRun(undefined));
  see(pipelineRun(running));
  see(pipelineRun(failed));
  see(pipelineRun({ ...failed }));
  expect(await lines(/^cicd_pipeline_run_duration_seconds_(sum|count)/)).toEqual([
    `cicd_pipeline_run_duration_seconds_sum{${build},cicd_pipeline_run_state="pending"} 1`,
    `cicd_pipeline_run_duration_seconds_count{${build},cicd_pipeline_run_state="pending"} 1`,
    `cicd_pipeline_run_duration_seconds_sum{${build},cicd_pipeline_run_state="executing",cicd_pipeline_result="failure",error_type="Failed"} 19`,
    `cicd_pipeline_run_duration_seconds_count{${build},cicd_pipeline_run_state="executing",cicd_pipeline_result="failure",error_type="Failed"} 1`,
  ]);
  const [errors] = await lines(/^cicd_pipeline_run_errors_total/);
  expect(errors).toContain(
    `cicd_pipeline_run_errors_total{${build},error_type="Failed"} 1 # {trace_id="${TRACE}",span_id="${ROOT}"} 1 `,
  );
  const [bucket] = await lines(/_bucket\{le="30",.*executing/);
  expect(bucket).toContain(`# {trace_id="${TRACE}",span_id="${ROOT}"} 19 `);
});

test('active runs are those that have not ended, by state', async () => {
  see(pipelineRun(undefined, { uid: 'a' }));
  see(pipelineRun(running, { uid: 'b' }));
  see(pipelineRun(running, { uid: 'c' }));
  see(pipelineRun(ranRun, { uid: 'd' }));
  expect(await lines(/^cicd_pipeline_run_active\{/)).toEqual([
    `cicd_pipeline_run_active{${build},cicd_pipeline_run_state="pending"} 1`,
    `cicd_pipeline_run_active{${build},cicd_pipeline_run_state="executing"} 2`,
  ]);
});

test('what ended before this process is counted only where nobody exported it yet', async () => {
  see(
    pipelineRun(ranRun, {
      uid: 'exported',
      annotations: { 'tekton/pipelinerun-span-context': carrier(), 'tekton/trace-exported': 'exported' },
    }),
  );
  see(pipelineRun(ranRun, { uid: 'old', annotations: {} }));
  expect(await lines(/_count\{/)).toEqual([]);
  see(pipelineRun(ranRun, { uid: 'not exported' }));
  expect(await lines(/_count\{.*success/)).toHaveLength(1);
});

test('a run that is not sampled has no exemplar, and a TaskRun counts where no run owns it', async () => {
  const unsampled = { annotations: { 'tekton/pipelinerun-span-context': carrier(TRACE, ROOT, '00') } };
  see(pipelineRun(running, unsampled));
  see(pipelineRun(ranRun, unsampled));
  see(taskRun(running));
  see(taskRun(ranRun));
  see(taskRun(running, { uid: 'alone', generateName: 'alone-', ownerReferences: [], labels: {} }));
  see(taskRun(ranRun, { uid: 'alone', generateName: 'alone-', ownerReferences: [], labels: {} }));
  expect(await lines(/# \{/)).toEqual([
    expect.stringContaining('cicd_pipeline_name="alone"'),
    expect.stringContaining('cicd_pipeline_name="alone"'),
  ]);
  expect(await lines(/_count\{.*executing/)).toHaveLength(2);
});

test('names that never come twice do not fill Prometheus: the thousand first pipelines have a series, the others share one', async () => {
  for (let number = 0; number < 1200; number++) {
    const { generateName: _, ...metadata } = pipelineRun(running).metadata;
    see({ ...pipelineRun(running), metadata: { ...metadata, uid: `u${number}`, name: `run-${number}` } });
  }
  const active = await lines(/^cicd_pipeline_run_active\{/);
  expect(active).toHaveLength(1001);
  expect(active.at(-1)).toBe(
    'cicd_pipeline_run_active{k8s_namespace_name="_other",cicd_pipeline_name="_other",cicd_pipeline_run_state="executing"} 200',
  );
});

test('the lag is from the end of a run to the acceptance of its root', async () => {
  metrics.exported(see(pipelineRun(ranRun)), ms(23));
  metrics.exported(see(taskRun(ranRun)), ms(99));
  expect(await lines(/^tektrace_run_export_lag_seconds_(sum|count)/)).toEqual([
    expect.stringMatching(/_sum [23](\.\d+)?$/),
    'tektrace_run_export_lag_seconds_count 1',
  ]);
});

test('a run that is not traced is in no metric; a TaskRun whose owner was refused is a run of its own', async () => {
  const ignored = { namespace: 'ignored', uid: 'ignored' };
  see(pipelineRun(running, ignored));
  expect(await lines(/^cicd_pipeline_run_active\{/)).toEqual([]);
  see(pipelineRun(failed, ignored));
  expect(await lines(/^cicd_pipeline_run_(errors|duration)/)).toEqual([]);

  const { uid = '' } = taskRun(running).metadata.ownerReferences?.[0] ?? {};
  const refused = { annotations: { ...taskRun(running).metadata.annotations, 'tekton/refused-owner': uid } };
  see(taskRun(running, refused));
  expect(await lines(/^cicd_pipeline_run_active\{/)).toHaveLength(1);
});
