import { expect, test } from '@jest/globals';

import { problemsOf } from '../../../bench/requests/acceptance.ts';
import { problemsOfFollowed } from '../../../bench/requests/followed-report.ts';

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

test.each([
  ['within its limits', { 'patch pipelineruns': 2, 'patch taskruns': 1, 'create events': 1 }, []],
  ['with a write more', { 'patch pipelineruns': 2, 'patch taskruns': 2, 'create events': 1 }, ['seen-0: 4 writes, 3 are allowed']], // prettier-ignore
  ['with a read', { 'patch pipelineruns': 1, 'get pods': 1, 'create events': 1 }, ['seen-0: 1 reads, 0 are allowed']],
  ['with two Events', { 'patch pipelineruns': 1, 'create events': 2 }, ['seen-0: 2 events, 1 are allowed']],
  ['of which nothing was counted', {}, ['seen-0: no write or no Event counted']],
])('a followed run %s', (_what, requests, problems) => {
  const load = { name: 'seen', runs: 1, everyMs: 0, webhook: true };
  expect(problemsOfFollowed({ load, runs: [new Map(Object.entries(requests))] })).toEqual(problems);
});
