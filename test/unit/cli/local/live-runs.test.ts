import { expect, test } from '@jest/globals';

import { slimPipelineRun } from '../../../../cli/local/live-runs.ts';
import { summaryWithFacts } from '../../../../local/tracestore/views/run-summary.ts';
import { liveSpans } from '../../../../local/viewer/live/live-spans.ts';
import { buildWaterfall } from '../../../../local/viewer/waterfall.ts';
import type { PipelineRun } from '../../../../shared/tekton/types.ts';
import { BORN_MS, LIVE_TRACE, liveRun, pipelineRun, taskRun } from '../../local/viewer/live/run-objects.ts';

const step = { name: 's', image: 'busybox', script: 'x'.repeat(1000) };
const task = (name: string) => ({ name, taskSpec: { steps: [step] } });
const run: PipelineRun = pipelineRun({
  pipelineSpec: { tasks: [task('lint'), task('unit'), task('deploy')], finally: [task('report')] },
  childReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: 'ship-x1-lint', pipelineTaskName: 'lint' }],
  skippedTasks: [{ name: 'deploy', reason: 'When Expressions evaluated to false' }],
  results: [{ name: 'digest', value: 'sha256:1' }],
});

test('a run is kept without its tasks’ steps, and the page still says what it will do', async () => {
  const slim = slimPipelineRun(run);
  expect(JSON.stringify(slim)).not.toContain('xxx');
  const live = liveRun([taskRun('lint', 100)], [], slim);
  const waterfall = buildWaterfall(LIVE_TRACE, { resourceSpans: [] }, liveSpans(LIVE_TRACE, live, BORN_MS + 500));
  expect(waterfall.title).toBe('RUN ship');
  expect(await summaryWithFacts(waterfall, live, undefined)).toMatchObject({
    toCome: ['unit', 'report'],
    results: [{ name: 'digest', value: 'sha256:1' }],
    skipped: [{ task: 'deploy', reason: 'When Expressions evaluated to false' }],
  });
});
