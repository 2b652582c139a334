import { expect, test } from '@jest/globals';

import { problemsOf } from '../../../bench/requests/acceptance.ts';

const cost = {
  name: 'burst-0',
  requests: new Map(),
  total: 24,
  pipelineRunReconciles: 8,
  taskRunReconciles: [6, 6, 6],
};

test('a run at its limits is within them', () => {
  expect(problemsOf(cost)).toEqual([]);
});

test.each([
  ['API requests', { total: 25 }, 'burst-0: 25 API requests, 24 are allowed'],
  ['reconciles of the run', { pipelineRunReconciles: 9 }, 'burst-0: 9 PipelineRun reconciles, 8 are allowed'],
  ['reconciles of one TaskRun', { taskRunReconciles: [3, 7, 3] }, 'burst-0: 7 reconciles of a TaskRun, 6 are allowed'],
  ['nothing counted', { total: 0 }, 'burst-0: no API requests counted'],
])('a run over one of them is reported: %s', (_what, change, problem) => {
  expect(problemsOf({ ...cost, ...change })).toEqual([problem]);
});
