import { expect, test } from '@jest/globals';

import { combinationOf, matrixAttributes, memberLabel } from '../../../../controller/lifecycle/matrix.ts';
import type { PipelineTask } from '../../../../shared/tekton/types.ts';
import { ranTask, taskRun } from './objects.ts';
import { taskRunSpans } from './spans.ts';

const task: PipelineTask = {
  name: 'm',
  params: [{ name: 'token', value: 'hidden' }],
  matrix: {
    params: [{ name: 'os', value: '$(tasks.list.results.all[*])' }],
    include: [{ name: 'verbose', params: [{ name: 'flags', value: '-v' }] }],
  },
};

test('a member has the params of the matrix as attributes, and no others', () => {
  const params = [
    { name: 'flags', value: '-v' },
    { name: 'os', value: 'linux' },
    { name: 'token', value: 'hidden' },
  ];
  expect(matrixAttributes(combinationOf(task, params))).toEqual({
    'tektrace.matrix.os': 'linux',
    'tektrace.matrix.flags': '-v',
  });
});

test('members are told apart by their values, in the order in which the Pipeline names the params', () => {
  const label = (os: string): string => memberLabel(combinationOf(task, [{ name: 'os', value: os }]));
  expect(label('linux')).toBe(' (linux)');
  expect(label('mac\nos')).toBe(' (mac os)');
  expect(label('x'.repeat(1000))).toBe(` (${'x'.repeat(29)}…)`);
});

test('a run without a matrix has neither', () => {
  const params = [{ name: 'os', value: 'linux' }];
  for (const none of [undefined, { name: 'm' }]) {
    expect(memberLabel(combinationOf(none, params))).toBe('');
    expect(matrixAttributes(combinationOf(none, params))).toEqual({});
  }
});

test('the span of a member is named by its values, and known as a run of its pipeline task', () => {
  const made = taskRun(ranTask, {}, 'm');
  const member = { ...made, spec: { params: [{ name: 'os', value: 'linux' }] } };
  expect(taskRunSpans({ taskRun: member, pods: [], fold: false, pipelineTask: task }).at(-1)).toMatchObject({
    name: 'task m (linux)',
    attributes: { 'cicd.pipeline.task.name': 'm', 'tektrace.matrix.os': 'linux' },
  });
});
