import { describe, expect, test } from '@jest/globals';

import { validatePipelineSpec } from '../../../../../shared/tekton/validation/pipeline.ts';
import {
  validatePipelineRun,
  validatePipelineRunAgainst,
  validateTaskRun,
  validateTaskRunAgainst,
} from '../../../../../shared/tekton/validation/run.ts';
import { validateTaskSpec } from '../../../../../shared/tekton/validation/task.ts';
import type { PipelineRunSpec, PipelineSpec, TaskSpec } from '../../../../../shared/tekton/types.ts';

const steps = [{ name: 's', image: 'busybox', script: 'true' }];
const taskSpec: TaskSpec = { steps };
const lines = (errors: { path: string; message: string }[]): string[] =>
  errors.map(({ path, message }) => `${path}: ${message}`);

describe('a Pipeline', () => {
  test.each<[string, PipelineSpec, string[]]>([
    ['a valid one', { tasks: [{ name: 'a', taskSpec }] }, []],
    ['no tasks', {}, ['spec.tasks: at least one task is required']],
    [
      'a cycle, with its members',
      {
        tasks: [
          { name: 'a', taskSpec, runAfter: ['b'] },
          { name: 'b', taskSpec, runAfter: ['a'] },
        ],
      },
      ['spec.tasks: cycle detected: a → b → a'],
    ],
    [
      'runAfter of nothing',
      { tasks: [{ name: 'a', taskSpec, runAfter: ['x'] }] },
      ['spec.tasks[0].runAfter[0]: there is no task "x"'],
    ],
    [
      'a name twice, in finally too',
      { tasks: [{ name: 'a', taskSpec }], finally: [{ name: 'a', taskSpec }] },
      ['spec.tasks[1].name: "a" is already used'],
    ],
    [
      'a result that the task does not have',
      {
        tasks: [
          { name: 'a', taskSpec },
          { name: 'b', taskSpec, params: [{ name: 'p', value: '$(tasks.a.results.r)' }] },
        ],
      },
      [
        'spec.tasks[1].params[0].value: invalid result reference in pipeline task "b": "r" is not a named result returned by pipeline task "a"',
      ],
    ],
    [
      'a workspace that is not declared',
      { tasks: [{ name: 'a', taskSpec, workspaces: [{ name: 'w' }] }] },
      ['spec.tasks[0].workspaces[0].workspace: the Pipeline does not declare the workspace "w"'],
    ],
    [
      'a bad duration',
      { tasks: [{ name: 'a', taskSpec, timeout: '5 minutes' }] },
      ['spec.tasks[0].timeout: "5 minutes" is not a duration such as 1h30m or 90s'],
    ],
    ['neither Task nor spec', { tasks: [{ name: 'a' }] }, ['spec.tasks[0]: a task has either taskRef or taskSpec']],
    [
      "a default of another type than its param's",
      { params: [{ name: 'p', type: 'array', default: 'x' }], tasks: [{ name: 'a', taskSpec }] },
      ['spec.params[0].default: param p is of type array, its default of type string'],
    ],
  ])('%s', (_what, spec, expected) => expect(lines(validatePipelineSpec(spec))).toEqual(expected));
});

test('a Task: steps, and references to undeclared names', () => {
  expect(lines(validateTaskSpec({ steps: [{ name: 'Bad Name', image: 'x' }, { name: 'b' }] }))).toEqual([
    'spec.steps[0].name: "Bad Name" is not a valid name: lower-case letters, digits and "-", at most 63 characters',
    'spec.steps[1].image: an image is required',
  ]);
  const script =
    'echo $(params.known) $(params.typo) $(workspaces.src.path) > $(results.out.path); echo $(date) $(params["a.b"])';
  expect(
    lines(
      validateTaskSpec({ steps: [{ name: 's', image: 'x', script }] }, 'spec', {
        params: [{ name: 'known', value: '' }],
      }),
    ),
  ).toEqual([
    'spec.steps[0].script: non-existent variable in "$(params.typo)": the param "typo" is not declared',
    'spec.steps[0].script: non-existent variable in "$(workspaces.src.path)": the workspace "src" is not declared',
    'spec.steps[0].script: non-existent variable in "$(results.out.path)": the result "out" is not declared',
    'spec.steps[0].script: non-existent variable in "$(params["a.b"])": the param "a.b" is not declared',
  ]);
});

describe('a run', () => {
  const run = (spec: PipelineRunSpec) => lines(validatePipelineRun({ spec }));
  test('fields that are not executed are named with what to do instead', () => {
    const tasks = [
      { name: 'a', taskSpec, matrix: { params: [] } },
      { name: 'b', taskSpec: { steps: [{ name: 's', ref: { name: 'x' } }] } },
    ];
    expect(run({ pipelineSpec: { tasks } })).toEqual([
      'spec.pipelineSpec.tasks[0].matrix: is not executed by this controller: write one task for each combination',
      'spec.pipelineSpec.tasks[1].taskSpec.steps[0].ref: is not executed by this controller: write the step into the Task',
    ]);
  });

  test('exactly one of reference and spec, and of the sources of a workspace', () => {
    expect(run({})).toEqual(['spec: needs exactly one of pipelineRef and pipelineSpec']);
    expect(run({ pipelineRef: { name: 'p' }, workspaces: [{ name: 'w' }] })[0]).toContain(
      'spec.workspaces[0]: the workspace "w" needs exactly one of',
    );
    expect(lines(validateTaskRun({ spec: { taskRef: { name: 't' }, taskSpec } }))).toEqual([
      'spec: needs exactly one of taskRef and taskSpec',
    ]);
  });

  test('timeouts that do not fit', () => {
    expect(run({ pipelineRef: { name: 'p' }, timeouts: { pipeline: '1m', tasks: '1m', finally: '1m' } })).toEqual([
      'spec.timeouts: tasks and finally together are longer than timeouts.pipeline, 1m',
    ]);
  });

  test('params and workspaces that the Pipeline or Task requires', () => {
    const declared = {
      params: [{ name: 'revision' }, { name: 'flags', type: 'array' as const }],
      workspaces: [{ name: 'src' }, { name: 'cache', optional: true }],
    };
    const spec = { params: [{ name: 'flags', value: 'x' }] };
    const expected = [
      'spec.params: the param "revision" is missing and has no default',
      'spec.params[0].value: the param "flags" is of type array',
      'spec.workspaces: the workspace "src" is not bound',
    ];
    expect(lines(validatePipelineRunAgainst({ spec }, declared))).toEqual(expected);
    expect(lines(validateTaskRunAgainst({ spec }, declared))).toEqual(expected);
  });
});

test('one sidecar may be without a name: two would have the same container', () => {
  const sidecar = { image: 'busybox', script: 'true' };
  expect(lines(validateTaskSpec({ steps, sidecars: [sidecar, { ...sidecar, name: 'db' }] }))).toEqual([]);
  expect(lines(validateTaskSpec({ steps, sidecars: [sidecar, { ...sidecar, name: 'db' }, sidecar] }))).toEqual([
    'spec.sidecars[2].name: only one sidecar can be without a name',
  ]);
});
