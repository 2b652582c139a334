import { checkNames } from '../../../cli/follow/inputs.ts';
import { describe, expect, test } from '@jest/globals';

import { withInboundParent, withParams, withWorkspaces, workspaceDirectories } from '../../../cli/follow/inputs.ts';
import { reportOf } from '../../../cli/report.ts';
import type { PipelineRun } from '../../../shared/tekton/types.ts';

const run: PipelineRun = {
  kind: 'PipelineRun',
  metadata: { name: 'build', namespace: 'ci' },
  spec: {
    params: [
      { name: 'kept', value: '1' },
      { name: 'text', value: 'old' },
    ],
    workspaces: [{ name: 'source', emptyDir: {} }],
    pipelineSpec: { params: [{ name: 'text' }, { name: 'list', type: 'array' }, { name: 'map', type: 'object' }] },
  },
};

const paramsOf = (...options: string[]) => withParams(run, options).spec.params?.slice(1);

describe('--param', () => {
  test('sets a value over that of the file, of the declared type', () => {
    expect(paramsOf('text=a=b', 'list=["x","y"]', 'map={"k":"v"}')).toEqual([
      { name: 'text', value: 'a=b' },
      { name: 'list', value: ['x', 'y'] },
      { name: 'map', value: { k: 'v' } },
    ]);
    expect(withParams(run, [])).toBe(run);
  });

  test('takes text as it is, whatever it looks like', () => {
    expect(paramsOf('text=["x"]')).toEqual([{ name: 'text', value: '["x"]' }]);
    expect(paramsOf('text=')).toEqual([{ name: 'text', value: '' }]);
  });

  test.each(['list=x', 'list=5', 'list={"a":"b"}', 'list=[1]', 'map=x', 'map=[]', 'map=null', 'map={"a":1}'])(
    '%s is of another type',
    (option) => {
      expect(() => paramsOf(option)).toThrow(
        /^--param (list|map): is of type (array|object), so its value has to be JSON/,
      );
    },
  );

  test.each(['text', '=x', ''])('%p is no pair', (option) => {
    expect(() => paramsOf(option)).toThrow('expected name=value');
  });
});

describe('--workspace', () => {
  test('binds over the file’s binding', () => {
    const bound = withWorkspaces(run, [{ name: 'source', claimName: 'c' }]);
    expect(bound.spec.workspaces).toEqual([{ name: 'source', persistentVolumeClaim: { claimName: 'c' } }]);
    expect(workspaceDirectories(['source=/a=b'])).toEqual([['source', '/a=b']]);
    expect(() => workspaceDirectories(['source'])).toThrow('--workspace "source": expected name=value');
  });
});

describe('TRACEPARENT', () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const parentOf = (env: Record<string, string>) =>
    withInboundParent(run, env).metadata.annotations?.['tekton/parent-span-context'];

  test('becomes the run’s parent, with its tracestate', () => {
    expect(parentOf({ TRACEPARENT: traceparent })).toBe(JSON.stringify({ traceparent }));
    expect(parentOf({ TRACEPARENT: traceparent, TRACESTATE: 'v=1' })).toBe(
      JSON.stringify({ traceparent, tracestate: 'v=1' }),
    );
  });

  test('loses a tracestate that does not fit, not the parent', () => {
    expect(parentOf({ TRACEPARENT: traceparent, TRACESTATE: 'x'.repeat(20_000) })).toBe(
      JSON.stringify({ traceparent }),
    );
  });

  test('that is malformed or absent changes nothing', () => {
    expect(withInboundParent(run, { TRACEPARENT: 'x' })).toBe(run);
    expect(withInboundParent(run, {})).toBe(run);
  });
});

test('a report says what came of a run', () => {
  expect(reportOf(run)).toMatchObject({
    name: 'build',
    namespace: 'ci',
    succeeded: false,
    reason: '',
    traceId: null,
    results: {},
  });
  const conditions = [
    { type: 'Succeeded', status: 'True' as const, reason: 'Completed', message: 'Tasks Completed: 2' },
  ];
  const status = { conditions, results: [{ name: 'image', value: 'x' }] };
  expect(reportOf({ ...run, status })).toMatchObject({
    succeeded: true,
    reason: 'Completed',
    message: 'Tasks Completed: 2',
    results: { image: 'x' },
  });
});

test('a param or workspace that the run does not declare is refused with what it declares', () => {
  const spec = { params: [{ name: 'revision' }], workspaces: [{ name: 'source' }], tasks: [] };
  const run = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'a' },
    spec: { pipelineSpec: spec },
  };
  expect(() => checkNames(run, [run], { params: ['revision'], workspaces: ['source'] })).not.toThrow();
  expect(() => checkNames(run, [run], { params: ['revison'], workspaces: [] })).toThrow(
    '--param revison: the run declares revision',
  );
  expect(() => checkNames(run, [run], { params: [], workspaces: ['src'] })).toThrow(
    '--workspace src: the run declares source',
  );
  const elsewhere = { ...run, spec: { pipelineRef: { name: 'on-the-cluster' } } };
  expect(() => checkNames(elsewhere, [elsewhere], { params: ['any'], workspaces: [] })).not.toThrow();
});
