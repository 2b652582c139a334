import { describe, expect, test } from '@jest/globals';

import type { SpanRecord } from '../../../../shared/tracing/span-record.ts';
import type { PipelineRunStatus, PipelineTask, SkippedTask, TaskRun } from '../../../../shared/tekton/types.ts';
import { at, condition, ms, pipelineRun, ranRun, ranTask, ROOT, taskRun } from './objects.ts';
import { pipelineRunSpans, expectWellFormed, named, names } from './spans.ts';

const WHEN = 'When Expressions evaluated to false';
const STOPPING = 'PipelineRun was stopping';
const MICROSECOND = 0.001;

const build = (status: PipelineRunStatus, children: TaskRun[] = []): SpanRecord[] =>
  pipelineRunSpans({ run: pipelineRun(status), children });
const skip = (...tasks: string[]): SkippedTask[] => tasks.map((name) => ({ name, reason: WHEN }));

describe('skipped tasks', () => {
  const spec = {
    tasks: [
      { name: 'verify', runAfter: ['deploy'] },
      { name: 'compile' },
      { name: 'deploy', params: [{ name: 'image', value: '$(tasks.compile.results.image)' }] },
      { name: 'early' },
    ],
    finally: [{ name: 'report' }],
  };
  const ran = taskRun({ ...ranTask, completionTime: at(12.5) });
  const spans = build({ ...ranRun, pipelineSpec: spec, skippedTasks: skip('report', 'early', 'verify', 'deploy') }, [
    ran,
  ]);

  test('stand, without length, where their last parent ended', () => {
    expectWellFormed(spans);
    expect(named(spans, 'task deploy')).toMatchObject({ startMs: ms(12.5), endMs: ms(12.5), parentSpanId: ROOT });
    expect(named(spans, 'task early').startMs).toBe(ms(1));
  });

  test('come in the order of the Pipeline, none before what it waits for, also where they are sorted by start', () => {
    const skipped = spans.filter((span) => span.attributes['tektrace.derived']);
    expect(names(skipped)).toEqual(['task early', 'task deploy', 'task verify', 'task report']);
    const steps = skipped.slice(1).map((span) => Math.round((span.startMs - ms(12.5)) / MICROSECOND));
    expect(steps).toEqual([0, 1, 2]);
  });

  test('say that they are derived, and why they were skipped', () => {
    expect(named(spans, 'task deploy').attributes).toEqual({
      'cicd.pipeline.task.name': 'deploy',
      'cicd.pipeline.task.run.result': 'skip',
      'tektrace.skip.reason': WHEN,
      'tektrace.derived': true,
    });
  });

  test('in `finally` stand where that began', () => {
    const status = { ...ranRun, finallyStartTime: at(15), pipelineSpec: spec, skippedTasks: skip('report') };
    expect(named(build(status, [ran]), 'task report').startMs).toBe(ms(15));
  });

  test('that a failed task stopped stand where it failed, however long what they waited for went on', () => {
    const failed = { ...ranTask, completionTime: at(5.5), conditions: [condition('False', 'Failed')] };
    const tasks = [{ name: 'compile' }, { name: 'lint' }, { name: 'deploy', runAfter: ['compile'] }];
    const status = { ...ranRun, pipelineSpec: { tasks }, skippedTasks: [{ name: 'deploy', reason: STOPPING }] };
    const at5 = build(status, [ran, taskRun(failed, {}, 'lint')]);
    expect(named(at5, 'task deploy').startMs).toBe(ms(5.5));
  });

  test('are not stopped by a task whose failure is ignored', () => {
    const failed = { ...ranTask, completionTime: at(5.5), conditions: [condition('False', 'Failed')] };
    const tasks: PipelineTask[] = [
      { name: 'lint', onError: 'continue' },
      { name: 'compile' },
      { name: 'deploy', runAfter: ['compile'] },
    ];
    const status = { ...ranRun, pipelineSpec: { tasks }, skippedTasks: [{ name: 'deploy', reason: STOPPING }] };
    expect(named(build(status, [ran, taskRun(failed, {}, 'lint')]), 'task deploy').startMs).toBe(ms(12.5));
  });

  test('at the end of the run stay within it, in order', () => {
    const tasks = [{ name: 'compile' }, ...['a', 'b', 'c'].map((name) => ({ name, runAfter: ['compile'] }))];
    const status = { ...ranRun, completionTime: at(12.5), pipelineSpec: { tasks }, skippedTasks: skip('a', 'b', 'c') };
    const late = build(status, [ran]);
    expectWellFormed(late);
    const starts = ['a', 'b', 'c'].map((name) => Math.round((named(late, `task ${name}`).startMs - ms(12.5)) * 1000));
    expect(starts).toEqual([-3, -2, -1]);
  });

  test('of a deep graph, where each layer waits for the whole layer before, are placed one by one', () => {
    const layers = 60;
    const tasks = Array.from({ length: layers * 2 }, (_, index) => ({
      name: `t${index}`,
      runAfter: index < 2 ? [] : [`t${index - 2 - (index % 2)}`, `t${index - 1 - (index % 2)}`],
    }));
    const skippedTasks = skip(...tasks.slice(1).map(({ name }) => name));
    const first = taskRun({ ...ranTask, completionTime: at(9.5) }, { labels: { 'tekton.dev/pipelineTask': 't0' } });
    const deep = build({ ...ranRun, pipelineSpec: { tasks }, skippedTasks }, [first]);
    expect(Math.floor(named(deep, `task t${layers * 2 - 1}`).startMs)).toBe(ms(9.5));
  });

  test('of a graph that goes round, or of none, stand at the start of the run', () => {
    const tasks = [
      { name: 'a', runAfter: ['b'] },
      { name: 'b', runAfter: ['a'] },
    ];
    const round = build({ ...ranRun, pipelineSpec: { tasks }, skippedTasks: skip('a', 'nowhere') });
    expect(named(round, 'task a').startMs).toBe(ms(1));
    expect(Math.floor(named(round, 'task nowhere').startMs)).toBe(ms(1));
  });
});

describe('a skipped matrix', () => {
  const skipped = (matrix: PipelineTask['matrix']): SpanRecord[] => {
    const tasks: PipelineTask[] = [{ name: 'm', ...(matrix && { matrix }) }];
    const spans = build({ ...ranRun, pipelineSpec: { tasks }, skippedTasks: skip('m') });
    expectWellFormed(spans);
    return spans.filter((span) => span.attributes['tektrace.derived']);
  };
  const os = { name: 'os', value: ['linux', 'mac'] };
  const browser = { name: 'browser', value: ['chrome', 'firefox'] };

  test('has a span with an id of its own for each member that it would have had, in their order', () => {
    const spans = skipped({ params: [os, browser] });
    expect(names(spans)).toEqual([
      'task m (linux, chrome)',
      'task m (mac, chrome)',
      'task m (linux, firefox)',
      'task m (mac, firefox)',
    ]);
    expect(new Set(spans.map((span) => span.spanId)).size).toBe(4);
    expect(spans[1]?.attributes).toMatchObject({
      'cicd.pipeline.task.name': 'm',
      'tektrace.matrix.os': 'mac',
      'tektrace.matrix.browser': 'chrome',
    });
  });

  test.each([
    ['members', 120, Array.from({ length: 256 }, () => '')],
    ['long values', 4, Array.from({ length: 256 }, () => 'x'.repeat(10_000))],
  ])('of a run with very many %s is one span, as are all of that run', (_, count, value) => {
    const tasks = Array.from({ length: count }, (__, index) => ({
      name: `m${index}`,
      matrix: { params: [{ name: 'n', value }] },
    }));
    const status = { ...ranRun, skippedTasks: skip(...tasks.map(({ name }) => name)) };
    const derived = (few: number) =>
      build({ ...status, pipelineSpec: { tasks: tasks.slice(0, few) }, skippedTasks: status.skippedTasks.slice(0, few) })
        .filter((span) => span.attributes['tektrace.derived']); // prettier-ignore
    expect(names(derived(count))).toEqual(tasks.map(({ name }) => `task ${name}`));
    expect(derived(1)).toHaveLength(256);
  });

  test('has what `include` adds: params of members, and members', () => {
    const include = [
      { params: [{ name: 'os', value: 'linux' }, { name: 'flags', value: '-v' }] }, // prettier-ignore
      { params: [{ name: 'os', value: 'bsd' }] },
    ];
    expect(names(skipped({ params: [os], include }))).toEqual(['task m (linux, -v)', 'task m (mac)', 'task m (bsd)']);
    expect(names(skipped({ include }))).toEqual(['task m (linux, -v)', 'task m (bsd)']);
  });

  test.each([
    ['results of other tasks', { params: [{ name: 'os', value: '$(tasks.list.results.all[*])' }] }],
    ['an element that is a result', { params: [{ name: 'os', value: ['linux', '$(tasks.list.results.one)'] }] }],
    ['an empty list', { params: [{ name: 'os', value: [] }] }],
    ['more than upstream allows', { params: [{ name: 'n', value: Array.from({ length: 300 }, (_, n) => `${n}`) }] }],
    ['nothing', {}],
  ])('of %s is one span', (_, matrix) => {
    expect(names(skipped(matrix))).toEqual(['task m']);
  });
});
