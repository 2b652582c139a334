import { expect, test } from '@jest/globals';

import { reportOf } from '../../../../cli/run/report.ts';
import type { PipelineRun } from '../../../../shared/tekton/types.ts';

const run: PipelineRun = { kind: 'PipelineRun', metadata: { name: 'build', namespace: 'ci' }, spec: {} };

test('a report has the outcome of a run', () => {
  expect(reportOf(run)).toMatchObject({
    name: 'build',
    namespace: 'ci',
    succeeded: false,
    reason: '',
    traceId: null,
    results: {},
  });
  const conditions = [
    { type: 'Succeeded', status: 'True' as const, reason: 'Completed', message: 'Tasks Completed: 2' },
  ];
  const status = { conditions, results: [{ name: 'image', value: 'x' }] };
  expect(reportOf({ ...run, status })).toMatchObject({
    succeeded: true,
    reason: 'Completed',
    message: 'Tasks Completed: 2',
    results: { image: 'x' },
  });
});
