import { describe, expect, test } from '@jest/globals';

import { buildGraph, findCycle, topologicalOrder } from '../../../../shared/tekton/graph.ts';
import type { PipelineTask } from '../../../../shared/tekton/types.ts';

const after = (name: string, ...runAfter: string[]): PipelineTask => ({ name, runAfter });

test('a task comes after runAfter and after those whose results it uses, each once', () => {
  const use: PipelineTask = {
    name: 'use',
    runAfter: ['lint', 'build'],
    params: [{ name: 'digest', value: '$(tasks.build.results.digest)' }],
    when: [{ input: "$(tasks.check.results['state'])", operator: 'in', values: ['ok'] }],
  };
  expect(buildGraph([use]).get('use')).toEqual(['lint', 'build', 'check']);
});

describe('findCycle', () => {
  test.each<[string, PipelineTask[], string[] | undefined]>([
    ['none in a diamond', [after('a'), after('b', 'a'), after('c', 'a'), after('d', 'b', 'c')], undefined],
    ['a task after itself', [after('a', 'a')], ['a', 'a']],
    [
      'the members only, not what leads to them',
      [after('x', 'a'), after('a', 'b'), after('b', 'c'), after('c', 'a')],
      ['a', 'b', 'c', 'a'],
    ],
    ['none through a task that is not there', [after('a', 'ghost')], undefined],
  ])('%s', (_what, tasks, cycle) => expect(findCycle(buildGraph(tasks))).toEqual(cycle));
});

test('the order has each task after all it waits for', () => {
  expect(topologicalOrder(buildGraph([after('d', 'b', 'c'), after('b', 'a'), after('c', 'a'), after('a')]))).toEqual([
    'a',
    'b',
    'c',
    'd',
  ]);
});
