import { describe, expect, test } from '@jest/globals';

import { getPipelineConditionStatus } from '../../../../controller/pipelinerun/condition.ts';
import { buildFacts } from '../../../../controller/pipelinerun/state.ts';
import type { PipelineRunFacts } from '../../../../controller/model/pipeline-run-facts.ts';
import type { PipelineRun, PipelineTask, TaskRun } from '../../../../shared/tekton/types.ts';

/** How a task's TaskRun ended; `none`: there is none yet. */
type End = 'none' | 'running' | 'ok' | 'failed' | 'cancelled' | 'timeout';

const TIMED_OUT = 'TaskRun cancelled as the PipelineRun it belongs to has timed out.';
const notTimedOut = { pipeline: false, tasks: false, finally: false };

function taskRun(end: End): TaskRun | undefined {
  if (end === 'none') return undefined;
  const status = { ok: 'True', running: 'Unknown', failed: 'False', cancelled: 'False', timeout: 'False' }[
    end
  ] as 'True';
  const reason = {
    ok: 'Succeeded',
    running: 'Running',
    failed: 'StepFailed',
    cancelled: 'TaskRunCancelled',
    timeout: 'TaskRunCancelled',
  }[end];
  return {
    metadata: {},
    spec: end === 'timeout' ? { statusMessage: TIMED_OUT } : {},
    status: { conditions: [{ type: 'Succeeded', status, reason }] },
  };
}

function facts(
  tasks: [PipelineTask, End][],
  options: { finals?: [PipelineTask, End][]; specStatus?: string; timedOut?: Partial<typeof notTimedOut> } = {},
): PipelineRunFacts {
  const states = [
    ...tasks.map((one) => ({ one, final: false })),
    ...(options.finals ?? []).map((one) => ({ one, final: true })),
  ];
  return buildFacts(
    states.map(({ one: [task, end], final }) => {
      const run = taskRun(end);
      return { task, final, taskSpec: {}, taskRunName: task.name, ...(run ? { taskRun: run } : {}) };
    }),
    {
      timedOut: { ...notTimedOut, ...options.timedOut },
      ...(options.specStatus ? { specStatus: options.specStatus } : {}),
    },
  );
}

const run: PipelineRun = {
  metadata: { name: 'run' },
  spec: { timeouts: { pipeline: '1h', tasks: '10s' } },
  status: {},
};
const a: PipelineTask = { name: 'a' };
const b: PipelineTask = { name: 'b', runAfter: ['a'] };
const f: PipelineTask = { name: 'f' };
const ignored: PipelineTask = { name: 'a', onError: 'continue' };

describe("the run's condition", () => {
  test.each<[string, PipelineRunFacts, string, string]>([
    ['nothing started', facts([[a, 'none']]), 'Unknown', 'Running'],
    [
      'all succeeded',
      facts([
        [a, 'ok'],
        [b, 'ok'],
      ]),
      'True',
      'Succeeded',
    ],
    [
      'one runs',
      facts([
        [a, 'ok'],
        [b, 'running'],
      ]),
      'Unknown',
      'Running',
    ],
    [
      'failed, nothing else runs',
      facts([
        [a, 'failed'],
        [b, 'none'],
      ]),
      'False',
      'Failed',
    ],
    [
      'failed, another still runs',
      facts([
        [a, 'failed'],
        [{ name: 'c' }, 'running'],
      ]),
      'Unknown',
      'PipelineRunStopping',
    ],
    ['failed, finally to come', facts([[a, 'failed']], { finals: [[f, 'none']] }), 'Unknown', 'Running'],
    ['failed, finally done', facts([[a, 'failed']], { finals: [[f, 'ok']] }), 'False', 'Failed'],
    ['failure that is ignored', facts([[ignored, 'failed']]), 'True', 'Succeeded'],
    ['a TaskRun was cancelled', facts([[a, 'cancelled']]), 'False', 'Cancelled'],
    ['a TaskRun cancelled by the timeout', facts([[a, 'timeout']]), 'False', 'Failed'],
    [
      'when was false',
      facts([[{ name: 'a', when: [{ input: 'x', operator: 'in', values: ['y'] }] }, 'none']]),
      'True',
      'Completed',
    ],
    ['time is up', facts([[a, 'running']], { timedOut: { pipeline: true } }), 'False', 'PipelineRunTimeout'],
    ["the tasks' time is up", facts([[a, 'timeout']], { timedOut: { tasks: true } }), 'False', 'PipelineRunTimeout'],
    [
      "the tasks' time is up, finally runs",
      facts([[a, 'timeout']], { finals: [[f, 'running']], timedOut: { tasks: true } }),
      'Unknown',
      'PipelineRunTimeoutRunningFinally',
    ],
    [
      'stopped, one still runs',
      facts(
        [
          [a, 'running'],
          [b, 'none'],
        ],
        { specStatus: 'StoppedRunFinally' },
      ),
      'Unknown',
      'StoppedRunningFinally',
    ],
    [
      'stopped',
      facts(
        [
          [a, 'ok'],
          [b, 'none'],
        ],
        { specStatus: 'StoppedRunFinally' },
      ),
      'False',
      'Cancelled',
    ],
    [
      'cancelled, finally runs',
      facts([[a, 'cancelled']], { finals: [[f, 'running']], specStatus: 'CancelledRunFinally' }),
      'Unknown',
      'CancelledRunningFinally',
    ],
  ])('%s', (_what, state, status, reason) =>
    expect(getPipelineConditionStatus(run, state)).toMatchObject({ status, reason }),
  );
});

describe('tasks that will not run', () => {
  const skipped = (state: PipelineRunFacts) => state.tasks.map(({ skippedBecause }) => skippedBecause);

  test('those after a skipped one, except after a false when', () => {
    const gated = { ...a, when: [{ input: 'x', operator: 'in', values: ['y'] }] };
    expect(
      skipped(
        facts([
          [gated, 'none'],
          [b, 'none'],
        ]),
      ),
    ).toEqual(['When Expressions evaluated to false', undefined]);
    const state = facts(
      [
        [a, 'ok'],
        [b, 'none'],
        [{ name: 'c', runAfter: ['b'] }, 'none'],
      ],
      { specStatus: 'StoppedRunFinally' },
    );
    expect(skipped(state)).toEqual([
      undefined,
      'PipelineRun was gracefully stopped',
      'PipelineRun was gracefully stopped',
    ]);
  });

  test('a final task whose results are missing', () => {
    const final = { ...f, params: [{ name: 'p', value: '$(tasks.a.results.r)' }] };
    expect(skipped(facts([[a, 'failed']], { finals: [[final, 'none']] }))).toEqual([undefined, 'Results were missing']);
  });

  test('a task whose result was not written is invalid, and the others stop', () => {
    const use = { name: 'b', params: [{ name: 'p', value: '$(tasks.a.results.r)' }] };
    const state = facts([
      [a, 'ok'],
      [{ name: 'z', runAfter: ['b'] }, 'none'],
      [use, 'none'],
    ]);
    expect(state.byName.get('b')).toMatchObject({ outcome: 'invalid' });
    expect(state.byName.get('z')).toMatchObject({ outcome: 'skipped', skippedBecause: 'PipelineRun was stopping' });
  });
});
