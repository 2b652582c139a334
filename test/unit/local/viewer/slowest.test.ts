import { describe, expect, test } from '@jest/globals';
import { slowest } from '../../../../local/viewer/slowest.ts';
import { buildWaterfall, type Waterfall } from '../../../../local/viewer/waterfall.ts';
import { exampleTrace, fromService, TRACE_ID, type SpanInput } from './example-trace.ts';

const run = (traceId: string, pipeline: string, ms: number, outcome = 'success'): Waterfall => {
  const spans: SpanInput[] = [
    { id: 'r', name: `RUN ${pipeline}`, from: 0, to: ms + 10 },
    {
      ...{ id: 't', parent: 'r', name: 'task test', from: 0, to: ms },
      attributes: { 'cicd.pipeline.task.run.result': outcome },
    },
    { id: 's', parent: 't', name: 'step jest', from: 0, to: ms - 5 },
  ];
  return buildWaterfall(traceId, { resourceSpans: [fromService('tekton-pipelines', spans)] });
};

describe('the slowest of many runs', () => {
  const runs = [run('a', 'p', 100), run('b', 'p', 900, 'failure'), run('c', 'p', 300), run('d', 'q', 400)];

  test('have count, failures, total, median and longest, with its trace', () => {
    expect(slowest(runs, 'total')).toMatchObject({
      runs: 4,
      tasks: [{ name: 'test', count: 4, errors: 1, totalMs: 1700, p50Ms: 300, maxMs: 900, maxTraceId: 'b' }],
      steps: [{ name: 'jest', of: 'test', count: 4, maxText: '895 ms' }],
    });
  });

  test('are of one pipeline if one is named', () => {
    expect(slowest(runs, 'total', 'p')).toMatchObject({ runs: 3, tasks: [{ count: 3, p50Ms: 300 }] });
    expect(slowest(runs, 'total', 'x')).toEqual({ runs: 0, tasks: [], steps: [], functions: [] });
  });

  test.each([
    ['total', 'unit-tests'],
    ['max', 'unit-tests'],
  ] as const)('come in the order of %s; what was skipped does not count', (order, first) => {
    const { tasks } = slowest([buildWaterfall(TRACE_ID, exampleTrace)], order);
    expect(tasks[0]?.name).toBe(first);
    expect(tasks.map(({ name }) => name)).not.toContain('deploy');
  });

  test('functions of controllers and API requests have their own time, and come in its order', () => {
    const call = (id: string, name: string, from: number, to: number, parent?: string): SpanInput => ({
      ...{ id, name, from, to },
      ...(parent !== undefined && { parent }),
    });
    const spans = [
      call('a', 'reconcile', 0, 100),
      call('b', 'prepare', 0, 70, 'a'),
      call('c', 'patch', 10, 30, 'b'),
      call('d', 'prepare', 75, 95, 'a'),
    ];
    const request: SpanInput = { ...call('e', 'PATCH pods', 12, 28, 'c'), kind: 3 };
    const trace = { resourceSpans: [fromService('taskrun-reconciler', [...spans, request])] };
    const shown = (order: 'self' | 'total') =>
      slowest([buildWaterfall(TRACE_ID, trace)], order).functions.map(
        ({ name, selfMs, totalMs }) => `${name} ${selfMs} of ${totalMs}`,
      );
    expect(shown('self')).toEqual(['prepare 70 of 90', 'PATCH pods 16 of 16', 'reconcile 10 of 100', 'patch 4 of 20']);
    expect(shown('total')).toEqual(['reconcile 10 of 100', 'prepare 70 of 90', 'patch 4 of 20', 'PATCH pods 16 of 16']);
  });

  test('functions of controllers are apart by controller, with their errors', () => {
    const { functions } = slowest([buildWaterfall(TRACE_ID, exampleTrace)], 'count');
    const of = (name: string): unknown[] =>
      functions.filter((one) => one.name === name).map((one) => [one.of, one.count, one.errors]);
    expect(of('updateStatus')).toEqual([
      ['pipelinerun-reconciler', 5, 1],
      ['taskrun-reconciler', 3, 1],
    ]);
  });
});
