import { describe, expect, test } from '@jest/globals';

import type { Pod } from '../../../../shared/kubernetes/pod.ts';
import type { TaskRunStatus } from '../../../../shared/tekton/types.ts';
import { at, condition, endedStep, ms, podOf, ranTask, step, taskRun } from './objects.ts';
import { taskRunSpans, expectWellFormed, named } from './spans.ts';

const build = (status: TaskRunStatus, pods: Pod[], rest: object = {}) =>
  taskRunSpans({ taskRun: taskRun(status), pods, fold: false, ...rest });
type Spans = ReturnType<typeof build>;
const times = (spans: Spans, name: string): number[] => {
  const { startMs, endMs } = named(spans, name);
  return [startMs - ms(0), endMs - ms(0)];
};
const skews = (spans: Spans): unknown[] =>
  spans.flatMap(({ name, attributes }) =>
    attributes['tektrace.clock_skew_ms'] === undefined ? [] : [[name, attributes['tektrace.clock_skew_ms']]],
  );

/** A TaskRun of 20 s whose steps of 2 and 8 s ran on a node whose clock is `offset` seconds ahead. */
function onNode(offset: number): Spans {
  const steps = [step('a', 5 + offset, 7 + offset), step('b', 7 + offset, 15 + offset)];
  const pod = podOf(
    [endedStep('a', 4 + offset, 7 + offset, 5.2 + offset), endedStep('b', 4 + offset, 15 + offset, 7.4 + offset)],
    { startTime: at(2 + offset) },
  );
  const [prepare] = pod.status!.initContainerStatuses!;
  prepare!.state = { terminated: { exitCode: 0, startedAt: at(3 + offset), finishedAt: at(4 + offset) } };
  return build({ ...ranTask, completionTime: at(20), steps }, [pod]);
}

describe('a node whose clock is off', () => {
  test('by less than a second is not corrected', () => {
    expect(skews(onNode(0.5))).toEqual([]);
  });

  test.each([
    ['40 s, behind', -40],
    ['60 s, ahead', 60],
  ])('by %s, has one offset for all that its Pod says, from when the node got the Pod', (_how, offset) => {
    const spans = onNode(offset);
    expectWellFormed(spans);
    expect(skews(spans)).toEqual([['pod scheduling', -offset * 1000]]);
    expect(times(spans, 'pod starting')).toEqual([2000, 5200]);
    expect(times(spans, 'init prepare')).toEqual([3000, 4000]);
    expect(times(spans, 'step a')).toEqual([5200, 7000]);
    expect(times(spans, 'step b')).toEqual([7400, 15_000]);
  });

  test('is corrected by the TaskRun’s status alone where that has milliseconds, with the Pod and without it', () => {
    const status = { ...ranTask, completionTime: at(12.5), steps: [step('a', 305.25, 308.25)] };
    const spans = build(status, [podOf([endedStep('a', 304, 308, 305.25)], { startTime: at(302) })]);
    expectWellFormed(spans);
    expect(times(spans, 'step a')).toEqual([9500, 12_500]);
    expect(named(spans, 'step a').attributes).toMatchObject({ 'tektrace.clock_skew_ms': -295_750 });
    for (const span of build(status, [])) expect(spans).toContainEqual(span);
  });
});

describe('what overlaps its parent is cut, never moved', () => {
  /** A run is cancelled at 12.4; its TaskRun ends later. */
  const cancelled = {
    ...ranTask,
    completionTime: at(16),
    conditions: [condition('False', 'TaskRunCancelled')],
    steps: [step('make', 8, 16, 1, { terminationReason: 'TaskRunCancelled' })],
  };
  const spans = build(cancelled, [], { owner: { startMs: ms(0), endMs: ms(12.4) } });

  test('a task that outlives its run, and its step, end with the run and say when they ended', () => {
    const ended = { 'tektrace.cut_to_parent': true, 'tektrace.actual_end': new Date(ms(16)).toISOString() };
    expect(named(spans, 'task compile')).toMatchObject({ startMs: ms(1), endMs: ms(12.4), attributes: ended });
    expect(named(spans, 'step make')).toMatchObject({ startMs: ms(8), endMs: ms(12.4), attributes: ended });
    expect(skews(spans)).toEqual([]);
  });

  test('a task in whole seconds starts in its second, when its run does: that is no cut', () => {
    const task = named(build(ranTask, [], { owner: { startMs: ms(1.4), endMs: ms(12) } }), 'task compile');
    expect(task).toMatchObject({ startMs: ms(1.4), endMs: ms(12) });
    expect(task.attributes).not.toHaveProperty('tektrace.cut_to_parent');
  });

  test('a task that lies wholly outside of its run has another clock’s times: it is shifted in, and the shift is said', () => {
    const task = named(build(ranTask, [], { owner: { startMs: ms(100), endMs: ms(120) } }), 'task compile');
    expect(task).toMatchObject({ startMs: ms(100), endMs: ms(111) });
    expect(task.attributes).toMatchObject({ 'tektrace.clock_skew_ms': 99_000 });
  });
});
