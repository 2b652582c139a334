import { beforeEach, expect, test } from '@jest/globals';
import type { Registry } from 'prom-client';

import { Ledger } from '../../../../controller/lifecycle/ledger.ts';
import type { Run } from '../../../../controller/lifecycle/ledger.ts';
import { createRunMetrics } from '../../../../controller/lifecycle/run-metrics.ts';
import { createMetricsRegistry, renderMetrics } from '../../../../shared/runtime/metrics.ts';
import { at, condition, pipelineRun, standalone, taskRun } from './objects.ts';

let registry: Registry;
let see: (run: Run) => void;
beforeEach(() => {
  const ledger = new Ledger();
  registry = createMetricsRegistry('1.2.3');
  const metrics = createRunMetrics(registry, {
    running: () => ledger.all(),
    runOf: (uid) => ledger.get(uid)?.run,
    isTraced: ({ run }) => run.metadata.namespace !== 'ignored',
  });
  see = (run) => {
    const before = ledger.get(run.metadata.uid ?? '')?.run;
    metrics.seen(ledger.observe(run), before);
  };
  see(pipelineRun({ startTime: at(1) }));
});

async function lines(): Promise<string[]> {
  const { text } = await renderMetrics(registry, 'text/plain');
  return text.split('\n').filter((line) => line.startsWith('tektrace_task_run_duration_seconds_'));
}

const running = { startTime: at(1) };
const ended = (second: number, status: 'True' | 'False' = 'True') => ({
  ...running,
  completionTime: at(second),
  conditions: [condition(status, status === 'True' ? 'Succeeded' : 'Failed')],
});
const labels = (task: string, result: string): string =>
  `{k8s_namespace_name="ci",cicd_pipeline_name="build",cicd_pipeline_task_name="${task}",cicd_pipeline_task_run_result="${result}"}`;

test('a task’s time is counted once, when its end is seen, by pipeline, task and result', async () => {
  see(taskRun(running));
  see(taskRun(ended(11)));
  see(taskRun(ended(11)));
  see(taskRun(running, { uid: 'other', name: 'other' }, 'lint'));
  see(taskRun(ended(4, 'False'), { uid: 'other', name: 'other' }, 'lint'));
  expect(await lines()).toEqual([
    `tektrace_task_run_duration_seconds_sum${labels('compile', 'success')} 10`,
    `tektrace_task_run_duration_seconds_count${labels('compile', 'success')} 1`,
    `tektrace_task_run_duration_seconds_sum${labels('lint', 'failure')} 3`,
    `tektrace_task_run_duration_seconds_count${labels('lint', 'failure')} 1`,
  ]);
});

test('what is no task of a pipeline, or ended before it was seen, is not counted', async () => {
  see(taskRun(running, standalone));
  see(taskRun(ended(11), standalone));
  see(taskRun(ended(11), { uid: 'late' }));
  expect(await lines()).toEqual([]);
});

test('nor is one whose runs are not traced', async () => {
  see(pipelineRun({ startTime: at(1) }, { namespace: 'ignored', uid: 'ignored-run' }));
  const metadata = {
    ...{ namespace: 'ignored', uid: 'ignored-task' },
    ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'a', uid: 'ignored-run' }],
  };
  see(taskRun(running, metadata));
  see(taskRun(ended(11), metadata));
  expect(await lines()).toEqual([]);
});

test('a thousand tasks have series of their own', async () => {
  for (let index = 0; index < 1010; index++) {
    const uid = `uid-${index}`;
    see(taskRun(running, { uid }, `task-${index}`));
    see(taskRun(ended(2), { uid }, `task-${index}`));
  }
  const counts = (await lines()).filter((line) => line.includes('_count'));
  expect(counts).toHaveLength(1001);
  expect(counts.find((line) => line.includes('cicd_pipeline_task_name="_other"'))).toMatch(/ 10$/);
});
