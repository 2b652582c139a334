import { describe, expect, test } from '@jest/globals';

import { timedOutAt, timeoutsOf, untilNextTimeoutMs } from '../../../../controller/model/pipeline-run-timeouts.ts';
import type { PipelineRun, PipelineRunSpec, PipelineRunStatus } from '../../../../shared/tekton/types.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const at = (seconds: number): Date => new Date(start + seconds * 1000);
const run = (timeouts: PipelineRunSpec['timeouts'], status: PipelineRunStatus = {}): PipelineRun => ({
  metadata: {},
  spec: timeouts ? { timeouts } : {},
  status: { startTime: at(0).toISOString(), ...status },
});

describe('timeoutsOf', () => {
  test.each<[PipelineRunSpec['timeouts'], object]>([
    [undefined, { pipelineMs: 3_600_000 }],
    [{ pipeline: '0' }, {}],
    [
      { pipeline: '10m', tasks: '7m' },
      { pipelineMs: 600_000, tasksMs: 420_000, finallyMs: 180_000 },
    ],
    [
      { pipeline: '10m', finally: '4m' },
      { pipelineMs: 600_000, tasksMs: 360_000, finallyMs: 240_000 },
    ],
    [{ pipeline: '0', tasks: '5s' }, { tasksMs: 5000 }],
  ])('%j', (timeouts, expected) => expect(JSON.parse(JSON.stringify(timeoutsOf(run(timeouts))))).toEqual(expected));
});

test('the time of the tasks stops when finally starts', () => {
  const inTime = run({ tasks: '10s' }, { finallyStartTime: at(8).toISOString() });
  const late = run({ tasks: '10s' }, { finallyStartTime: at(12).toISOString() });
  expect(timedOutAt(inTime, at(60)).tasks).toBe(false);
  expect(timedOutAt(late, at(60)).tasks).toBe(true);
});

test('the next reconcile is at the nearest limit ahead', () => {
  expect(untilNextTimeoutMs(run({ pipeline: '60s', tasks: '20s' }), at(5))).toBe(15_000);
  expect(untilNextTimeoutMs(run({ pipeline: '60s', tasks: '20s' }), at(30))).toBe(30_000);
  expect(untilNextTimeoutMs(run({ pipeline: '0' }), at(30))).toBeUndefined();
});
