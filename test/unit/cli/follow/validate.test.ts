import { expect, test } from '@jest/globals';

import { validateRun } from '../../../../cli/follow/validate.ts';
import type { KubeObject } from '../../../../shared/kubernetes/types.ts';
import type { PipelineRun, TaskRun } from '../../../../shared/tekton/types.ts';

const old = (kind: string, spec: object): KubeObject =>
  ({ apiVersion: 'tekton.dev/v1beta1', kind, metadata: { name: 'x' }, spec }) as KubeObject;
const steps = [{ name: 's', image: 'i', script: 'true' }];

test.each([
  ['PipelineRun', { pipelineSpec: { tasks: [{ name: 'a', taskSpec: { steps } }] }, timeout: 'soon' }, 'spec.timeout: '],
  ['TaskRun', { taskSpec: { steps }, stepOverrides: [{ name: 's', resources: {} }] }, 'spec.stepOverrides: '],
  ['TaskRun', { taskRef: { name: 'x' } }, 'Task x: spec.steps: '],
])('errors in a v1beta1 %s have their path in the file: %j', (kind, spec, expected) => {
  const objects = [old('Task', { steps: [] })];
  expect(() => validateRun(old(kind, spec) as PipelineRun | TaskRun, objects)).toThrow(expected);
});

test('a v1beta1 run and its v1beta1 objects are validated as the controllers read them', () => {
  const run = old('PipelineRun', {
    pipelineRef: { name: 'x' },
    timeout: '1h',
    serviceAccountName: 'builder',
    params: [{ name: 'list', value: ['a'] }],
  });
  const task = { name: 'a', taskSpec: { steps: [{ ...steps[0], resources: { limits: { cpu: '1' } }, tty: true }] } };
  const pipeline = old('Pipeline', { params: [{ name: 'list', default: ['b'] }], tasks: [task] });
  expect(() => validateRun(run as PipelineRun, [pipeline])).not.toThrow();
});

test('errors have the run’s file and line', () => {
  const run = { ...old('TaskRun', { taskSpec: { steps: [] } }), apiVersion: 'tekton.dev/v1' } as TaskRun;
  expect(() => validateRun(run, [], 'ci/run.yaml:3')).toThrow(
    /^ci\/run\.yaml:3: TaskRun x can't be run:\n {2}spec\.taskSpec\.steps: /,
  );
});

test('a feature of steps that is refused brings no second error about what it would have declared', () => {
  const taskSpec = {
    steps: [
      { name: 'a', ref: { name: 'other' } },
      {
        ...steps[0],
        name: 'b',
        results: [{ name: 'r' }],
        script: 'echo $(steps.a.results.x) $(step.results.r.path) $(params.no)',
      },
    ],
  };
  const errors = [
    'steps[0].ref: is not executed by this controller: write the step into the Task',
    'steps[1].results: is not executed by this controller: write results of the Task',
    'steps[1].script: non-existent variable in "$(params.no)": the param "no" is not declared',
  ];
  const refusal = (path: string): string =>
    `TaskRun x can't be run:${errors.map((error) => `\n  ${path}.${error}`).join('')}`;
  const v1 = (kind: string, spec: object): KubeObject => ({ ...old(kind, spec), apiVersion: 'tekton.dev/v1' });
  expect(() => validateRun(v1('TaskRun', { taskSpec }) as TaskRun, [])).toThrow(refusal('spec.taskSpec'));
  const named = v1('TaskRun', { taskRef: { name: 'x' } }) as TaskRun;
  expect(() => validateRun(named, [v1('Task', taskSpec)])).toThrow(refusal('Task x: spec'));
});
