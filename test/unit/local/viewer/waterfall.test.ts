import { describe, expect, test } from '@jest/globals';
import type { WaterfallRow } from '../../../../local/viewer/row.ts';
import { buildWaterfall, type Waterfall } from '../../../../local/viewer/waterfall.ts';
import { exampleTrace, fromService, lifecycle, spanId, START_MS, TRACE_ID, type SpanInput } from './example-trace.ts';

const of = (...spans: SpanInput[]): Waterfall =>
  buildWaterfall(TRACE_ID, { resourceSpans: [fromService('tekton-pipelines', spans)] });
const row = (waterfall: Waterfall, name: string): WaterfallRow => {
  const found = waterfall.rows.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no row ${name}`);
  return found;
};

describe('a finished run', () => {
  const waterfall = buildWaterfall(TRACE_ID, exampleTrace);

  test('is headed by the run with its result, start and duration', () => {
    expect(waterfall).toMatchObject({
      traceId: TRACE_ID,
      title: 'RUN build-and-test',
      runName: 'build-and-test-x7k2p',
      namespace: 'default',
      result: 'failure',
      startUnixMs: START_MS,
      durationMs: 5230,
      durationText: '5.23 s',
      finished: true,
      spanCount: 53,
    });
  });

  test('has every span once, below its parent', () => {
    expect(waterfall.rows).toHaveLength(53);
    for (const { parent, parentSpanId, depth } of waterfall.rows) {
      expect(waterfall.rows[parent]?.spanId).toBe(parentSpanId);
      expect(depth).toBe(parent < 0 ? 0 : (waterfall.rows[parent]?.depth ?? NaN) + 1);
    }
  });

  test('places spans in milliseconds after the start', () => {
    expect(row(waterfall, 'step push')).toMatchObject({ offsetMs: 4020, durationMs: 440, durationText: '440 ms' });
  });

  test('says what each span is', () => {
    const categories = Object.fromEntries(waterfall.rows.map(({ name, category }) => [name, category]));
    expect(categories).toMatchObject({
      'RUN build-and-test': 'run',
      'task lint': 'task',
      'step lint': 'step',
      'init prepare': 'init',
      queued: 'wait',
      admission: 'wait',
      'pod scheduling': 'wait',
      'pod starting': 'wait',
      'image pull buildah:1.42': 'wait',
      'PipelineRun:ReconcileKind': 'controller',
      'npm test': 'other',
    });
  });

  test('says how each span ended, and why, at the place where it began', () => {
    expect(row(waterfall, 'task lint').result).toBe('success');
    expect(row(waterfall, 'task deploy').result).toBe('skip');
    expect(row(waterfall, 'step push')).toMatchObject({
      result: 'failure',
      problem: 'exit code 1: unauthorized: authentication required',
      isOrigin: true,
    });
    expect(row(waterfall, 'task build-image').isOrigin).toBe(false);
    expect(row(waterfall, 'RUN build-and-test').isOrigin).toBe(false);
  });

  test('sums up the controllers without counting a function twice', () => {
    expect(waterfall.controller).toEqual({ count: 24, errors: 2, reconciles: 8, totalMs: 8 * 34, omitted: 0 });
  });
});

describe('a run whose root has not arrived', () => {
  const [root, ...rest] = lifecycle;
  const waterfall = of(...rest);

  test('hangs below a placeholder that says so', () => {
    expect(waterfall).toMatchObject({ finished: false, result: 'running', title: 'build-and-test-x7k2p' });
    expect(waterfall.rows[0]).toMatchObject({ name: 'running…', category: 'placeholder', result: 'running' });
    expect(row(waterfall, 'task lint')).toMatchObject({ depth: 1, parent: 0 });
  });

  test('is the usual tree as soon as the root is there', () => {
    if (!root) throw new Error('the example has no root');
    expect(of(...rest, root).rows).toEqual(of(...lifecycle).rows);
  });
});

test('while a run goes on, no span of it misses the parent that comes later; one of a program does', () => {
  const spans: SpanInput[] = [
    { id: 'task', parent: 'root', name: 'task build', from: 0, to: 10 },
    { id: 'step', parent: 'later', name: 'step make', from: 0, to: 10 },
  ];
  const traces = [
    fromService('tekton-pipelines', spans),
    fromService('taskrun-reconciler', [{ id: 'c', parent: 'later', name: 'reconcile', from: 1, to: 2 }]),
    fromService('make', [{ id: 'm', parent: 'lost', name: 'make', from: 1, to: 2 }]),
  ];
  const waterfall = buildWaterfall(TRACE_ID, { resourceSpans: traces });
  expect(
    waterfall.rows.filter(({ category }) => category !== 'placeholder').flatMap(({ warnings }) => warnings),
  ).toEqual([`its parent ${spanId('lost')} is not in the trace`]);
});

test('a second span with the id of another one has a row and an id of its own', () => {
  const { rows } = of(
    { id: 'root', name: 'RUN a', from: 0, to: 10 },
    { id: 'same', parent: 'root', name: 'task one', from: 0, to: 5 },
    { id: 'same', parent: 'root', name: 'task two', from: 5, to: 10 },
  );
  expect(new Set(rows.map(({ id }) => id)).size).toBe(3);
  expect(rows.map(({ name, warnings }) => [name, warnings.length])).toEqual([
    ['RUN a', 0],
    ['task one', 0],
    ['task two', 1],
  ]);
});

test('a run that joined the trace of somebody else is a root though its parent is not here', () => {
  const waterfall = of(
    { id: 'r', parent: 'ci', name: 'RUN p', from: 0, to: 9 },
    { id: 't', parent: 'r', name: 'task t', from: 1, to: 2 },
  );
  expect(waterfall).toMatchObject({ finished: true, title: 'RUN p' });
  expect(waterfall.rows.map(({ depth }) => depth)).toEqual([0, 1]);
});

test('a run below a run is not taken for the root while the outer run goes on', () => {
  const waterfall = of(
    { id: 'q', parent: 'outer', name: 'queued', from: 0, to: 1, attributes: { pipelinerun: 'outer-1' } },
    { id: 'r', parent: 'outer', name: 'RUN inner', from: 1, to: 9, attributes: { pipelinerun: 'inner-1' } },
  );
  expect(waterfall).toMatchObject({ finished: false, title: 'outer-1' });
  expect(row(waterfall, 'RUN inner').depth).toBe(1);
});

test("the name is the root run's own, whichever span came first", () => {
  const waterfall = of(
    { id: 'i', parent: 'o', name: 'RUN inner', from: 1, to: 8, attributes: { pipelinerun: 'inner-1' } },
    { id: 'o', name: 'RUN outer', from: 0, to: 9, attributes: { pipelinerun: 'outer-1' } },
  );
  expect(waterfall.runName).toBe('outer-1');
});

test('a sidecar that was stopped has no problem', () => {
  const attributes = { 'process.exit.code': 137, 'error.type': 'Error' };
  const [sidecar] = of({ id: 's', name: 'sidecar db', from: 0, to: 1, attributes }).rows;
  expect(sidecar).toMatchObject({ result: 'none', isOrigin: false });
  expect(sidecar?.problem).toBeUndefined();
});

test('a span whose parent never came is shown below the run, with a warning', () => {
  const waterfall = of(
    { id: 'r', name: 'RUN p', from: 0, to: 9 },
    { id: 't', parent: 'x', name: 'step s', from: 1, to: 2 },
  );
  expect(row(waterfall, 'step s')).toMatchObject({
    depth: 1,
    warnings: [`its parent ${spanId('x')} is not in the trace`],
  });
});

test('timeouts, cancellations and errors are results of their own', () => {
  const attributes = (result: string): Record<string, string> => ({ 'cicd.pipeline.task.run.result': result });
  const waterfall = of(
    { id: 'a', name: 'task a', from: 0, to: 1, attributes: attributes('timeout'), error: 'took too long' },
    { id: 'b', name: 'task b', from: 1, to: 2, attributes: attributes('cancellation') },
    { id: 'c', name: 'step c', from: 2, to: 3, attributes: { 'error.type': 'TaskRunTimeout' }, error: '' },
    { id: 'd', name: 'step d', from: 3, to: 4, error: 'cannot start' },
    { id: 'e', name: 'task e', from: 4, to: 5, attributes: attributes('made up') },
  );
  expect(waterfall.rows.map(({ result }) => result)).toEqual(['timeout', 'cancellation', 'timeout', 'error', 'none']);
});

test('no span at all is an empty waterfall', () => {
  expect(buildWaterfall(TRACE_ID, { resourceSpans: [] })).toMatchObject({ rows: [], spanCount: 0, durationMs: 0 });
});

test('times that make no sense are drawn, not thrown on', () => {
  const waterfall = of({ id: 'a', name: 'RUN a', from: 5, to: 2 });
  expect(waterfall.rows[0]).toMatchObject({ offsetMs: 0, durationMs: 0 });
});

test('very many spans are drawn without running out of stack', () => {
  const draw = (spans: SpanInput[]): Waterfall =>
    buildWaterfall(TRACE_ID, { resourceSpans: [fromService('tekton-pipelines', spans)] });
  const span = (index: number, parent: string): SpanInput => ({ id: `${index}`, parent, name: 's', from: 0, to: 1 });
  const root: SpanInput = { id: 'root', name: 'RUN r', from: 0, to: 1 };
  const flat = Array.from({ length: 130_000 }, (_, index) => span(index, index % 2 === 0 ? 'root' : 'gone'));
  expect(draw([root, ...flat]).rows).toHaveLength(130_001);
  const deep = Array.from({ length: 20_000 }, (_, index) => span(index, index === 0 ? 'root' : `${index - 1}`));
  expect(draw([root, ...deep]).rows.at(-1)?.depth).toBe(20_000);
});

describe('odd times', () => {
  const MINUTE = 60_000;
  const YEAR = 365 * 24 * 60 * MINUTE;
  const run: SpanInput = { id: 'r', name: 'RUN p', from: 0, to: 10_000, attributes: { pipelinerun: 'p-1' } };
  const task: SpanInput = { id: 't', parent: 'r', name: 'task t', from: 100, to: 9000 };
  const cut = "its times are not within the run's, and are drawn cut to them";

  test.each([
    ['1970, an unknown time', -START_MS],
    ['a clock that is years behind', -3 * YEAR],
    ['2300', 274 * YEAR],
  ])('a span of the run from %s leaves the run to see, and says that it is cut', (_title, at) => {
    const waterfall = of(run, task, { id: 'x', parent: 'r', name: 'task x', from: at, to: at + 5 });
    expect(waterfall).toMatchObject({ startUnixMs: START_MS, durationMs: 10_000 });
    expect(row(waterfall, 'task t')).toMatchObject({ offsetMs: 100, durationMs: 8900, warnings: [] });
    expect(row(waterfall, 'task x')).toMatchObject({ offsetMs: at < 0 ? 0 : 10_000, durationMs: 0, warnings: [cut] });
  });

  test('without the run itself, too', () => {
    const waterfall = of(
      task,
      { ...task, id: 'u', name: 'task u' },
      { ...task, id: 'x', name: 'task x', from: -START_MS },
    );
    expect(waterfall).toMatchObject({ finished: false, startUnixMs: START_MS + 100, durationMs: 8900 });
  });

  test('an end that is centuries late leaves the start where it is', () => {
    const waterfall = of({ ...run, to: 300 * YEAR }, task);
    expect(waterfall).toMatchObject({ startUnixMs: START_MS, durationMs: 9000 });
    expect(row(waterfall, 'RUN p').warnings).toEqual([cut]);
  });

  test('a span of another system long before the run belongs to the trace', () => {
    const ci = fromService('ci', [{ id: 'ci', name: 'workflow', from: -180 * MINUTE, to: 20_000 }]);
    const spans = fromService('tekton-pipelines', [{ ...run, parent: 'ci' }, task]);
    const waterfall = buildWaterfall(TRACE_ID, { resourceSpans: [ci, spans] });
    expect(row(waterfall, 'RUN p')).toMatchObject({ offsetMs: 180 * MINUTE, warnings: [] });
  });

  test.each([
    ['another clock', -10 * MINUTE],
    ['the resync of a run that has ended', 600 * MINUTE],
  ])('a reconcile with %s does not stretch the axis of an ended run', (_title, at) => {
    const reconcile = fromService('pipelinerun-reconciler', [
      { id: 'k', parent: 'r', name: 'PipelineRun:ReconcileKind', from: at, to: at + 10 },
      { id: 'l', parent: 'r', name: 'PipelineRun:ReconcileKind', from: 9990, to: 10_050 },
    ]);
    const waterfall = buildWaterfall(TRACE_ID, {
      resourceSpans: [fromService('tekton-pipelines', [run, task]), reconcile],
    });
    expect(waterfall.startUnixMs).toBe(START_MS);
    const [first, second] = waterfall.rows.filter(({ category }) => category === 'controller');
    expect([first?.warnings, second?.warnings]).toContainEqual([cut]);
    expect(waterfall.rows.map(({ offsetMs, durationMs }) => offsetMs + durationMs)).toContain(10_050);
    expect(Math.max(...waterfall.rows.map(({ offsetMs, durationMs }) => offsetMs + durationMs))).toBe(10_050);
  });

  test('a span that ends before it starts says so', () => {
    const waterfall = of(run, { ...task, from: 5000, to: 1000 });
    const warnings = ['it ends 4.00 s before it starts, and is drawn without length'];
    expect(row(waterfall, 'task t')).toMatchObject({ offsetMs: 5000, durationMs: 0, warnings });
  });
});

describe('several runs in a trace, as in that of a CI system', () => {
  const result = (value: string): Record<string, string> => ({ 'cicd.pipeline.result': value });
  const first: SpanInput = { id: 'a', parent: 'ci', name: 'RUN build', from: 0, to: 10, attributes: result('success') };
  const second: SpanInput = {
    id: 'b',
    parent: 'ci',
    name: 'RUN deploy',
    from: 20,
    to: 50,
    attributes: result('failure'),
  };

  test('have the worst of their results, and the time of both', () => {
    const both = { title: 'RUN build, RUN deploy', result: 'failure', durationMs: 50, finished: true };
    expect(of(first, second)).toMatchObject(both);
    expect(of(second, first)).toMatchObject(both);
    const workflow = fromService('ci', [{ id: 'ci', name: 'workflow', from: 0, to: 50 }]);
    const runs = fromService('tekton-pipelines', [first, second]);
    expect(buildWaterfall(TRACE_ID, { resourceSpans: [workflow, runs] })).toMatchObject(both);
  });
});

test('parents that run in a circle are said to, and not to be missing', () => {
  const waterfall = of(
    { id: 'r', name: 'RUN p', from: 0, to: 9 },
    { id: 'a', parent: 'b', name: 'task a', from: 1, to: 2 },
    { id: 'b', parent: 'a', name: 'task b', from: 1, to: 2 },
  );
  const circle = `its parent ${spanId('b')} is below it: their parents run in a circle`;
  expect(row(waterfall, 'task a').warnings).toEqual([circle]);
  expect(row(waterfall, 'task b').warnings).toEqual([]);
});

test('in a trace of no run, whose first span is not here, nothing is said to run', () => {
  const spans = [fromService('shop', [{ id: 's', parent: 'gone', name: 'SELECT', from: 0, to: 9 }])];
  const waterfall = buildWaterfall(TRACE_ID, { resourceSpans: spans });
  expect(waterfall).toMatchObject({ finished: true, result: 'none', title: 'SELECT' });
  expect(waterfall.rows[0]?.warnings).toEqual([`its parent ${spanId('gone')} is not in the trace`]);
});

test('an empty name counts as none', () => {
  const waterfall = of({ id: 'r', name: 'RUN p', from: 0, to: 9, attributes: { pipelinerun: '', namespace: '' } });
  expect(waterfall).toMatchObject({ title: 'RUN p' });
  expect(waterfall.runName).toBeUndefined();
});

describe('names and messages of anyone', () => {
  test('are shown in one line, without what hides or reorders it', () => {
    const waterfall = of({
      ...{ id: 'r', name: 'RUN a\u202egnp.exe\n\u001b[31mred\u0000', from: 0, to: 9, error: '\u202eno\u0007' },
      attributes: { pipelinerun: '\u2066p-1', namespace: 'a\u202eb' },
    });
    expect(waterfall).toMatchObject({ title: 'RUN a gnp.exe red', runName: 'p-1', namespace: 'a b' });
    expect(waterfall.rows[0]).toMatchObject({ name: 'RUN a gnp.exe red', problem: 'no', category: 'run' });
  });

  test('are cut where nobody reads on', () => {
    const [root] = of({
      id: 'r',
      name: `RUN ${'x'.repeat(10_000)}`,
      from: 0,
      to: 9,
      error: 'y'.repeat(1_000_000),
    }).rows;
    expect([root?.name.length, root?.problem?.length]).toEqual([500, 1000]);
    expect(root?.name.endsWith('x…')).toBe(true);
    expect(root?.status.message).toHaveLength(1_000_000);
  });
});
