import { describe, expect, test } from '@jest/globals';

import { declaredNames, paramTypes } from '../../../../cli/follow/declared.ts';
import type { ParamSpec, Pipeline, PipelineRun, Task, TaskRun } from '../../../../shared/tekton/types.ts';

const metadata = { name: 'build', namespace: 'ci' };
const pipeline: Pipeline = {
  kind: 'Pipeline',
  metadata,
  spec: { params: [{ name: 'revision' }], workspaces: [{ name: 'source' }], tasks: [] },
};
const task: Task = { kind: 'Task', metadata, spec: { params: [{ name: 'image' }], workspaces: [{ name: 'cache' }] } };

describe('declaredNames', () => {
  test('of the Pipeline or Task that a run names', () => {
    const pipelineRun: PipelineRun = { metadata: { namespace: 'ci' }, spec: { pipelineRef: { name: 'build' } } };
    const taskRun: TaskRun = { metadata: { namespace: 'ci' }, spec: { taskRef: { name: 'build' } } };
    expect(declaredNames(pipelineRun, [task, pipeline])).toEqual({ params: ['revision'], workspaces: ['source'] });
    expect(declaredNames(taskRun, [pipeline, task])).toEqual({ params: ['image'], workspaces: ['cache'] });
  });

  test('undefined when what a run names is not there, or only in another namespace', () => {
    const run = { metadata: { namespace: 'other' }, spec: { taskRef: { name: 'build' } } };
    expect(declaredNames(run, [task, pipeline])).toBeUndefined();
    expect(declaredNames({ metadata: {}, spec: { pipelineRef: { name: 'deploy' } } }, [pipeline])).toBeUndefined();
    expect(declaredNames({ metadata: {}, spec: { taskRef: { name: 'build' } } }, [task])).toBeDefined();
  });

  test('of an embedded Pipeline: declared, or passed on by name to its tasks', () => {
    const run: PipelineRun = {
      metadata: {},
      spec: {
        pipelineSpec: {
          params: [{ name: 'declared' }],
          workspaces: [{ name: 'source' }],
          tasks: [
            {
              name: 'a',
              taskSpec: {
                params: [{ name: 'inner' }],
                workspaces: [{ name: 'tmp' }],
                steps: [{ script: 'ls $(workspaces.cache.path) $(params["used"]) $(params.declared)' }],
              },
            },
          ],
          finally: [{ name: 'b', taskRef: { name: 'x' }, workspaces: [{ name: 'out', workspace: 'reports' }] }],
        },
      },
    };
    expect(declaredNames(run, [])).toEqual({
      params: ['declared', 'inner', 'used'],
      workspaces: ['source', 'tmp', 'reports', 'cache'],
    });
  });

  test('of an embedded Task', () => {
    const run: TaskRun = {
      metadata: {},
      spec: { taskSpec: { params: [{ name: 'a' }], steps: [{ args: ['$(params.b[*])'] }] } },
    };
    expect(declaredNames(run, [])).toEqual({ params: ['a', 'b'], workspaces: [] });
  });
});

describe('paramTypes', () => {
  const typesOf = (run: PipelineRun | TaskRun, objects = [pipeline, task]) =>
    Object.fromEntries(paramTypes(run, objects));

  test('as declared, else from the properties or the default', () => {
    const params: ParamSpec[] = [
      { name: 'declared', type: 'array' },
      { name: 'plain' },
      { name: 'list', default: ['a'] },
      { name: 'map', default: { a: 'b' } },
      { name: 'keys', properties: { a: {} } },
    ];
    const types = { declared: 'array', plain: 'string', list: 'array', map: 'object', keys: 'object' };
    expect(typesOf({ metadata: {}, spec: { taskSpec: { params } } })).toEqual(types);
    const named: Task = { kind: 'Task', metadata: { name: 'named' }, spec: { params } };
    expect(typesOf({ metadata: {}, spec: { taskRef: { name: 'named' } } }, [named])).toEqual(types);
  });

  test('of an embedded Pipeline’s tasks, after its own', () => {
    const taskSpec = {
      params: [
        { name: 'a', type: 'array' as const },
        { name: 'b', type: 'array' as const },
      ],
    };
    const run: PipelineRun = {
      metadata: {},
      spec: { pipelineSpec: { params: [{ name: 'a' }], tasks: [], finally: [{ name: 'x', taskSpec }] } },
    };
    expect(typesOf(run)).toEqual({ a: 'string', b: 'array' });
  });

  test('as the run’s own values are, where what it names is not there', () => {
    const run: TaskRun = { metadata: {}, spec: { taskRef: { name: 'far' }, params: [{ name: 'a', value: ['x'] }] } };
    expect(typesOf(run)).toEqual({ a: 'array' });
  });
});
