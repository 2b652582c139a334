import { expect, test } from '@jest/globals';

import { summaryWithFacts } from '../../../../local/tracestore/views/run-summary.ts';
import { liveSpans } from '../../../../local/viewer/live/live-spans.ts';
import type { LiveRun } from '../../../../local/viewer/live/live-run.ts';
import { buildWaterfall } from '../../../../local/viewer/waterfall.ts';
import type { PipelineRunStatus } from '../../../../shared/tekton/types.ts';
import { BORN_MS, LIVE_TRACE, pipelineRun, succeeded, taskRun } from '../viewer/live/run-objects.ts';

const TASKS = ['fetch', 'lint', 'unit', 'deploy'].map((name) => ({ name, taskSpec: {} }));
const PIPELINE = { tasks: TASKS, finally: [{ name: 'report', taskSpec: {} }] };

async function toCome(status: PipelineRunStatus): Promise<readonly string[]> {
  const live: LiveRun = { pipelineRuns: [pipelineRun(status)], taskRuns: [taskRun('unit', 100)], pods: [] };
  const rows = liveSpans(LIVE_TRACE, live, BORN_MS + 500);
  const waterfall = buildWaterfall(LIVE_TRACE, { resourceSpans: [] }, rows);
  return (await summaryWithFacts(waterfall, live, undefined)).toCome;
}

const childReferences = [
  { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'ship-x1-fetch', pipelineTaskName: 'fetch' },
];
const skippedTasks = [{ name: 'lint', reason: 'When Expressions evaluated to false' }];

test('while a run goes on, the tasks that were neither started nor skipped are to come', async () => {
  expect(await toCome({})).toEqual([]);
  expect(await toCome({ pipelineSpec: PIPELINE, childReferences, skippedTasks })).toEqual(['deploy', 'report']);
});

test('nothing is to come after its end', async () => {
  expect(await toCome({ ...succeeded(900), pipelineSpec: PIPELINE, childReferences })).toEqual([]);
});
