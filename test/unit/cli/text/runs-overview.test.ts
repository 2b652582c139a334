import { expect, test } from '@jest/globals';

import type { Run } from '../../../../cli/follow/follow-run.ts';
import { durationText, overviewLines } from '../../../../cli/text/runs-overview.ts';

const plain = { red: (text: string) => `red${text}`, green: String };
const run = (name: string, status: 'True' | 'False' | 'Unknown', reason: string): Run => ({
  kind: 'PipelineRun',
  metadata: { name, namespace: 'ci' },
  spec: {},
  status: {
    startTime: '2026-05-01T10:00:00Z',
    ...(status !== 'Unknown' && { completionTime: '2026-05-01T10:00:04.5Z' }),
    conditions: [{ type: 'Succeeded', status, reason }],
  },
});

test('of several runs each has a line with its end, because the end of one that failed may be far above', () => {
  const runs = [run('a', 'False', 'PipelineRunTimeout'), run('b', 'True', 'Completed'), run('c', 'Unknown', 'Running')];
  expect(overviewLines(runs, plain)).toEqual([
    '',
    '2 of 3 runs did not succeed',
    'red  PipelineRunTimeout  ci/a  4.50 s',
    '  Succeeded  ci/b  4.50 s',
    'red  Not finished  ci/c',
  ]);
  const good = [run('a', 'True', 'Succeeded'), run('b', 'True', 'Completed')];
  expect(overviewLines(good, plain)[1]).toBe('all 2 runs succeeded');
});

test('a single run needs none; one that never ended has no duration', () => {
  expect(overviewLines([run('a', 'False', 'Failed')], plain)).toEqual([]);
  expect(durationText(run('a', 'Unknown', 'Running'))).toBe('');
});
