import { describe, expect, test } from '@jest/globals';
import type { PathTask, RunSummary } from '../../../../../local/viewer/summary/types.ts';
import type { SpanInput } from '../example-trace.ts';
import { of, root, task } from './spans.ts';

const tasksOf = ({ criticalPath }: RunSummary): PathTask[] =>
  (criticalPath?.parts ?? []).filter((part) => typeof part !== 'number');
const path = (summary: RunSummary): string[] => tasksOf(summary).map((one) => one.task);
const longestOf = (summary: RunSummary): PathTask | undefined =>
  tasksOf(summary).find(({ rowId }) => rowId === summary.criticalPath?.longest);
const waits = ({ waits: { kinds } }: RunSummary): Record<string, number> =>
  Object.fromEntries(kinds.map(({ kind, ms }) => [kind, ms]));

describe('the critical path', () => {
  test('goes back from the last task to the one whose end let it start, and so on', () => {
    const summary = of([
      root(5000),
      ...task('clone', 0, 1000),
      ...task('lint', 1010, 2000),
      ...task('unit', 1010, 3000),
      ...task('deploy', 3010, 5000),
    ]);
    expect(path(summary)).toEqual(['clone', 'unit', 'deploy']);
    expect(longestOf(summary)).toMatchObject({
      task: 'unit',
      longestStep: { step: 'run-unit', durationText: '1.69 s' },
    });
  });

  test('follows the graph of the Pipeline, where the trace has it, also past a skipped task', () => {
    const graph = JSON.stringify(['slow: ', 'other: ', 'gate: slow', 'last: gate']);
    const run = (last: SpanInput[], withGraph: boolean): RunSummary =>
      of([
        {
          ...root(9000),
          attributes: { ...root(0).attributes, ...(withGraph && { 'tektrace.pipeline.graph': graph }) },
        },
        ...task('slow', 0, 4000),
        ...task('other', 0, 4700),
        { id: 'gate', parent: 'root', name: 'task gate', from: 4000, to: 4000, attributes: { 'cicd.pipeline.task.run.result': 'skip' } }, // prettier-ignore
        ...last,
      ]);
    // The controller is slow: the unrelated task is the last to end before the one that waited for another.
    expect(path(run(task('last', 6000, 9000), true))).toEqual(['slow', 'last']);
    expect(path(run(task('last', 6000, 9000), false))).toEqual(['other', 'last']);
    // In finally: after all.
    expect(path(run(task('clean', 6000, 9000), true))).toEqual(['other', 'clean']);
    expect(waits(run(task('last', 6000, 9000), true))).toMatchObject({ controller: 2000 });
  });

  test.each(['', '{', '{"a":1}', '["last"]', '[1,null]', '["last: last"]', '["last: nowhere"]'])(
    'is not harmed by the graph %s',
    (graph) => {
      const summary = of([
        { ...root(5000), attributes: { 'tektrace.pipeline.graph': graph } },
        ...task('first', 0, 1000),
        ...task('last', 1010, 5000),
      ]);
      expect(path(summary)?.at(-1)).toBe('last');
    },
  );

  test('leaves out a task that ran beside it, however long, and one that was skipped', () => {
    const skip = { 'cicd.pipeline.task.run.result': 'skip' };
    const summary = of([
      root(5000),
      ...task('docs', 0, 4990),
      ...task('clone', 0, 1000),
      ...task('unit', 1010, 5000),
      { id: 'skip', parent: 'root', name: 'task publish', from: 1000, to: 1000, attributes: skip },
    ]);
    expect(path(summary)).toEqual(['clone', 'unit']);
  });

  test('has of tasks that end together the one that began last', () => {
    const summary = of([root(3000), ...task('docs', 0, 3000), ...task('clone', 0, 1900), ...task('unit', 2000, 3000)]);
    expect(path(summary)).toEqual(['clone', 'unit']);
  });

  test('has the longest step of each task, and names the longest of all where it is', () => {
    const summary = of([root(5000), ...task('clone', 0, 3000), ...task('unit', 3000, 5000)]);
    expect(tasksOf(summary).map(({ longestStep }) => longestStep?.durationMs)).toEqual([2700, 1700]);
    expect(longestOf(summary)?.task).toBe('clone');
  });

  test('has the longest step in a task that is not the longest, if that one waited', () => {
    const waited: SpanInput[] = [
      { id: 'wait', parent: 'root', name: 'task wait', from: 0, to: 3000 },
      { id: 'waits', parent: 'wait', name: 'pod starting', from: 0, to: 2500 },
      { id: 'waitr', parent: 'wait', name: 'step run', from: 2500, to: 3000 },
    ];
    expect(longestOf(of([root(5000), ...waited, ...task('unit', 3000, 5000)]))?.task).toBe('unit');
  });

  test('has no step of a task whose steps were all skipped', () => {
    const attributes = { 'cicd.pipeline.task.run.result': 'skip' };
    const skipped = task('unit', 0, 1000).map((span) =>
      span.name.startsWith('step') ? { ...span, from: 1000, to: 1000, attributes } : span,
    );
    expect(tasksOf(of([root(1000), ...skipped]))).toEqual([
      expect.not.objectContaining({ longestStep: expect.anything() }),
    ]);
  });

  test('names each of eight tasks', () => {
    const some = (count: number): RunSummary =>
      of([
        root(count * 1000),
        ...Array.from({ length: count }, (_, at) => task(`t${at}`, at * 1000, at * 1000 + 1000)).flat(),
      ]);
    expect(path(some(8))).toHaveLength(8);
    expect(path(some(9))).toEqual(['t0', 't1', 't2', 't6', 't7', 't8']);
  });

  test('counts the middle of more than eight tasks, and names the longest there', () => {
    const many = Array.from({ length: 12 }, (_, index) => {
      const from = index * 1000 + (index > 5 ? 5000 : 0);
      return task(`t${index}`, from, from + (index === 5 ? 6000 : 1000));
    });
    const { criticalPath } = of([root(17_000), ...many.flat()]);
    const parts = criticalPath?.parts.map((part) => (typeof part === 'number' ? part : part.task));
    expect(parts).toEqual(['t0', 't1', 't2', 2, 't5', 3, 't9', 't10', 't11']);
  });

  test('is the task itself for a TaskRun of its own', () => {
    const spans = task('only', 10, 2000).map((span) => ({ ...span, parent: 'root' }));
    const summary = of([root(2000), ...spans.slice(1)]);
    expect(longestOf(summary)).toMatchObject({
      task: 'build',
      longestStep: { step: 'run-only', durationText: '1.69 s' },
    });
    expect(waits(summary)).toEqual({ controller: 10, scheduling: 100, starting: 200 });
  });

  test('goes on inside of a Pipeline in a Pipeline', () => {
    const child: SpanInput = {
      ...{ id: 'child', parent: 'root', name: 'RUN deploy', from: 1000, to: 4000 },
      attributes: { 'cicd.pipeline.result': 'success' },
    };
    const summary = of([
      root(4000),
      ...task('clone', 0, 1000),
      child,
      ...task('apply', 1000, 2500, 'success', 'child'),
      ...task('check', 2500, 4000, 'success', 'child'),
    ]);
    expect(path(summary)).toEqual(['clone', 'deploy/apply', 'deploy/check']);
    expect(path(of([root(4000), ...task('clone', 0, 1000), child]))).toEqual(['clone', 'deploy']);
  });

  test('allows for whole seconds where Kubernetes wrote them: a task may seem to end after the next one began', () => {
    const whole = (name: string, from: number, to: number): SpanInput[] =>
      task(name, from, to).map((span) =>
        span.name.startsWith('pod ')
          ? { ...span, from: Math.floor(from / 1000) * 1000, to: 1000 * Math.ceil(from / 1000) }
          : span,
      );
    const summary = of([root(5000), ...whole('clone', 200, 2999), ...whole('unit', 2400, 5000)]);
    expect(path(summary)).toEqual(['clone', 'unit']);
  });

  test('is that of the trace so far while the run goes on', () => {
    const summary = of([...task('clone', 0, 1000), ...task('unit', 1010, 3000)]);
    expect(summary).toMatchObject({ finished: false, result: 'running' });
    expect(path(summary)).toEqual(['clone', 'unit']);
  });

  test('is absent where no task is in the trace', () => {
    expect(of([root(5000)])).not.toHaveProperty('criticalPath');
  });
});

describe('the waits', () => {
  test('are those of the critical path only, by kind', () => {
    const summary = of([
      root(3000),
      { id: 'adm', parent: 'root', name: 'admission', from: 0, to: 10 },
      { id: 'que', parent: 'root', name: 'queued', from: 10, to: 60 },
      ...task('docs', 60, 500),
      ...task('clone', 60, 1000),
      ...task('unit', 1000, 3000),
    ]);
    expect(waits(summary)).toEqual({ starting: 400, scheduling: 200, queued: 50, admission: 10 });
    expect(summary.waits.text).toBe(
      '660 ms of the critical path: starting 400 ms, scheduling 200 ms, queued 50 ms, admission 10 ms',
    );
  });

  test('count each moment once: an image pull is not part of the start, a running step is no wait', () => {
    const summary = of([
      root(3000),
      ...task('unit', 0, 3000),
      { id: 'pull', parent: 'unitst', name: 'image pull node:24', from: 120, to: 280 },
      { id: 'init', parent: 'unit', name: 'init prepare', from: 110, to: 130 },
      { id: 'late', parent: 'unit', name: 'image pull late', from: 250, to: 900 },
    ]);
    expect(waits(summary)).toEqual({ 'image pull': 180, scheduling: 100, starting: 20 });
    expect(summary.waits.totalMs).toBe(300);
  });

  test('name volumes that could not be mounted, and sidecars that were not ready', () => {
    const summary = of([
      root(3000),
      ...task('unit', 0, 3000),
      { id: 'vol', parent: 'unitst', name: 'volume mount cache', from: 110, to: 160 },
      { id: 'db', parent: 'unitst', name: 'readiness db', from: 200, to: 280 },
    ]);
    expect(waits(summary)).toEqual({ scheduling: 100, sidecars: 80, starting: 70, volumes: 50 });
  });

  test('have the time without a task as the controllers’', () => {
    const summary = of([root(3100), ...task('clone', 40, 1000), ...task('unit', 1500, 3000)]);
    expect(waits(summary)).toMatchObject({ controller: 40 + 500 + 100 });
  });

  test('have the time before a task’s Pod was created as the controllers’, also before that of a second attempt', () => {
    const late = (parent: string, from: number): SpanInput[] => [
      { id: `${parent}sc`, parent, name: 'pod scheduling', from, to: from + 100 },
      { id: `${parent}st`, parent, name: 'step run', from: from + 100, to: from + 1000 },
    ];
    const summary = of([
      root(5000),
      { id: 'unit', parent: 'root', name: 'task unit', from: 0, to: 5000 },
      { id: 'res', parent: 'unit', name: 'resolve unit', from: 100, to: 300 },
      { id: 'one', parent: 'unit', name: 'attempt 1', from: 0, to: 2000 },
      ...late('one', 1000),
      { id: 'two', parent: 'unit', name: 'attempt 2', from: 2000, to: 5000 },
      ...late('two', 4000),
    ]);
    expect(waits(summary)).toEqual({ controller: 800 + 2000, resolving: 200, scheduling: 200 });
  });

  test('have the time from the last step of a task, or of an attempt, to its end as the controllers’', () => {
    const late = task('unit', 0, 2000).map((span) => (span.name.startsWith('step') ? { ...span, to: 1400 } : span));
    expect(waits(of([root(2000), ...late]))).toEqual({ controller: 600, starting: 200, scheduling: 100 });
  });

  test('of a run that goes on do not have the time whose task has no span yet', () => {
    const later: SpanInput = { id: 'later', name: 'step of the task that runs', from: 2900, to: 3000, parent: 'gone' };
    const summary = of([...task('clone', 0, 1000), later]);
    expect(waits(summary)).toEqual({ starting: 200, scheduling: 100 });
  });

  test('do not take the rounding of whole seconds for the controllers’ time', () => {
    const whole = task('clone', 0, 1000).map((span) => (span.name.startsWith('pod ') ? { ...span, to: 1000 } : span));
    expect(waits(of([root(1900), ...whole]))).not.toHaveProperty('controller');
    // Its Pod was created in the second in which the task began.
    const late = whole.map((span) => (span.name === 'pod scheduling' ? { ...span, from: 900 } : span));
    expect(waits(of([root(1000), ...late]))).not.toHaveProperty('controller');
  });

  test('of a run without Pods are as exact as its times', () => {
    const custom = (name: string, from: number, to: number): SpanInput => ({
      ...{ id: name, parent: 'root', name: `custom ${name}`, from, to },
    });
    expect(waits(of([root(2500), custom('one', 0, 1000), custom('two', 1500, 2500)]))).toEqual({ controller: 500 });
  });

  test('that overlap are those of the earlier kind, and init containers are a part of the start', () => {
    const summary = of([
      root(3000),
      { id: 'unit', parent: 'root', name: 'task unit', from: 0, to: 3000 },
      { id: 'sched', parent: 'unit', name: 'pod scheduling', from: 0, to: 1001 },
      { id: 'start', parent: 'unit', name: 'pod starting', from: 501, to: 1501 },
      { id: 'init', parent: 'unit', name: 'init prepare', from: 1501, to: 1601 },
      { id: 'step', parent: 'unit', name: 'step run', from: 1601, to: 3000 },
    ]);
    expect(waits(summary)).toEqual({ scheduling: 1001, starting: 600 });
  });

  test('below a millisecond are not named', () => {
    const admission = { id: 'adm', parent: 'root', name: 'admission', from: 0, to: 0.4 };
    const { waits: found } = of([root(1000.4), admission, ...task('unit', 0.4, 1000.4)]);
    expect(found.kinds.map(({ kind }) => kind)).toEqual(['starting', 'scheduling', 'admission']);
    expect(found.text).toBe('300 ms of the critical path: starting 200 ms, scheduling 100 ms');
  });

  test('of a task whose Pod was deleted have the time that it lost, which is not the controllers’', () => {
    const again = task('unit', 4000, 6000).map((span) => (span.id === 'unit' ? { ...span, from: 0 } : span));
    const lost = {
      id: 'lost',
      parent: 'unit',
      name: 'pod deleted',
      from: 50,
      to: 4000,
      error: 'a user deleted the Pod',
    };
    expect(waits(of([root(6000), ...again, lost]))).toEqual({
      'deleted Pod': 3950,
      starting: 200,
      scheduling: 100,
      controller: 50,
    });
  });

  test('of a run that never started are all there is', () => {
    const summary = of([
      root(9000, 'cancellation'),
      { id: 'que', parent: 'root', name: 'queued', from: 0, to: 9000 },
      { id: 'pen', parent: 'que', name: 'pending', from: 1000, to: 9000 },
    ]);
    expect(waits(summary)).toEqual({ pending: 8000, queued: 1000 });
  });
});

describe('results and skipped tasks', () => {
  const attributes = {
    'cicd.pipeline.task.name': 'publish',
    'cicd.pipeline.task.run.result': 'skip',
    'tektrace.skip.reason': 'When Expressions evaluated to false',
  };
  const spans = [root(1000), { id: 'skip', parent: 'root', name: 'task publish', from: 5, to: 5, attributes }];

  test('results are text', () => {
    const results = [
      { name: 'digest', value: 'sha256:1' },
      { name: 'files', value: ['a', 'b'] },
    ];
    expect(of(spans, { results }).results).toEqual([
      { name: 'digest', value: 'sha256:1' },
      { name: 'files', value: '["a","b"]' },
    ]);
  });

  test('a skipped task has its reason, with the values of its when expressions if they are known', () => {
    expect(of(spans).skipped).toEqual([
      expect.objectContaining({ task: 'publish', reason: 'When Expressions evaluated to false' }),
    ]);
    const whenExpressions = [{ input: 'dev', operator: 'in', values: ['main', 'prod'] }];
    const skipped = [
      { name: 'publish', reason: 'When Expressions evaluated to false', whenExpressions },
      { name: 'not-yet-in-the-trace', reason: 'PipelineRun was stopping' },
    ];
    expect(of(spans, { skipped }).skipped.map(({ task: name, reason }) => [name, reason])).toEqual([
      ['publish', 'When Expressions evaluated to false: "dev" in ("main", "prod")'],
      ['not-yet-in-the-trace', 'PipelineRun was stopping'],
    ]);
    const cel = [{ cel: "params.stage == 'prod'" }, { input: 'a', operator: 'notin', values: ['a'] }];
    const [byCel] = of(spans, { skipped: [{ name: 'publish', reason: '', whenExpressions: cel }] }).skipped;
    expect(byCel?.reason).toMatch(/: params\.stage == 'prod' and "a" notin \("a"\)$/);
  });
});
