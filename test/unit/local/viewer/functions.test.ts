import { expect, test } from '@jest/globals';
import { functionSummaries } from '../../../../local/viewer/functions.ts';
import { pageRows, reconcileRows } from '../../../../local/viewer/page-view.ts';
import { buildWaterfall } from '../../../../local/viewer/waterfall.ts';
import { exampleTrace, fromService, spanId, TRACE_ID, type SpanInput } from './example-trace.ts';

const waterfall = buildWaterfall(TRACE_ID, exampleTrace);

test('each function of each controller has its calls, errors and times; its own time is without what is below it', () => {
  const found = functionSummaries(waterfall.rows).map(
    ({ name, service, count, errors, totalMs, selfMs, p50Ms, maxMs }) => ({
      ...{ name, service, count, errors, totalMs, selfMs, p50Ms, maxMs },
    }),
  );
  expect(found).toHaveLength(6);
  expect(found.slice(0, 3)).toEqual([
    {
      name: 'reconcile',
      service: 'pipelinerun-reconciler',
      count: 5,
      errors: 0,
      totalMs: 140,
      selfMs: 95,
      p50Ms: 28,
      maxMs: 28,
    },
    {
      name: 'reconcile',
      service: 'taskrun-reconciler',
      count: 3,
      errors: 0,
      totalMs: 84,
      selfMs: 57,
      p50Ms: 28,
      maxMs: 28,
    },
    {
      name: 'updateStatus',
      service: 'pipelinerun-reconciler',
      count: 5,
      errors: 1,
      totalMs: 45,
      selfMs: 45,
      p50Ms: 9,
      maxMs: 9,
    },
  ]);
});

test('API requests count for every function above them; of many calls the ten slowest are named', () => {
  const spans = Array.from({ length: 12 }, (_, index): SpanInput[] => [
    { id: `k${index}`, name: 'TaskRun:ReconcileKind', from: index * 100, to: index * 100 + 10 + index },
    { id: `f${index}`, parent: `k${index}`, name: 'createPod', from: index * 100, to: index * 100 + 5 },
    { id: `q${index}`, parent: `f${index}`, name: 'POST pods', kind: 3, from: index * 100, to: index * 100 + 4 },
  ]).flat();
  const { rows } = buildWaterfall(TRACE_ID, { resourceSpans: [fromService('taskrun-reconciler', spans)] });
  const [kind, requests, create] = functionSummaries(rows);
  expect([kind?.name, kind?.requests, kind?.count]).toEqual(['TaskRun:ReconcileKind', 12, 12]);
  expect(kind?.slowest.map(({ durationMs }) => durationMs)).toEqual([21, 20, 19, 18, 17, 16, 15, 14, 13, 12]);
  expect([requests?.name, requests?.isRequest, requests?.requests]).toEqual(['POST pods', true, 0]);
  expect([create?.name, create?.requests, create?.selfMs]).toEqual(['createPod', 12, 12]);
});

test('the median of two calls is the shorter one; requests at the same time leave no time below zero', () => {
  const spans: SpanInput[] = [
    { id: 'a', name: 'prepare', from: 0, to: 10 },
    { id: 'b', parent: 'a', name: 'GET tasks', kind: 3, from: 0, to: 8 },
    { id: 'c', parent: 'a', name: 'GET tasks', kind: 3, from: 1, to: 9 },
    { id: 'd', name: 'prepare', from: 20, to: 50 },
  ];
  const { rows } = buildWaterfall(TRACE_ID, { resourceSpans: [fromService('taskrun-reconciler', spans)] });
  const [prepare, get] = functionSummaries(rows);
  expect([prepare?.p50Ms, prepare?.maxMs, prepare?.selfMs]).toEqual([10, 30, 30]);
  expect([get?.count, get?.totalMs]).toEqual([2, 16]);
});

test('a reconcile has no time of its own where spans below it were left out', () => {
  const left = { attributes: { 'tektrace.spans.omitted': 300 } };
  const spans: SpanInput[] = [
    { id: 'a', name: 'PipelineRun:ReconcileKind', from: 0, to: 900, ...left },
    { id: 'b', name: 'PipelineRun:ReconcileKind', from: 900, to: 930 },
    { id: 'c', parent: 'b', name: 'POST taskruns', kind: 3, from: 905, to: 925 },
  ];
  const trace = buildWaterfall(TRACE_ID, { resourceSpans: [fromService('pipelinerun-reconciler', spans)] });
  expect(functionSummaries(trace.rows).map(({ name, selfMs, totalMs }) => [name, selfMs, totalMs])).toEqual([
    ['POST taskruns', 20, 20],
    ['PipelineRun:ReconcileKind', 10, 930],
  ]);
  expect(trace.controller).toEqual({ count: 3, errors: 0, reconciles: 2, totalMs: 930, omitted: 300 });
});

test('the page gets all rows but those of controllers, and one reconcile when it asks', () => {
  const rows = pageRows(waterfall);
  expect(rows).toHaveLength(29);
  expect(rows.some(({ category }) => category === 'controller')).toBe(false);
  const reconcile = reconcileRows(waterfall, spanId('t1b'));
  expect(reconcile.map(({ id, parent }) => [id, parent])).toEqual([
    [spanId('t1'), spanId('unit')],
    [spanId('t1a'), spanId('t1')],
    [spanId('t1b'), spanId('t1a')],
  ]);
  expect(reconcileRows(waterfall, spanId('lint'))).toEqual([]);
});
