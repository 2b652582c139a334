import { describe, expect, test } from '@jest/globals';

import type { Pod } from '../../../../shared/kubernetes/pod.ts';
import type { StepState, TaskRunStatus } from '../../../../shared/tekton/types.ts';
import {
  at,
  carrier,
  condition,
  endedStep,
  ms,
  pipelineRun,
  podOf,
  ranRun,
  ranTask,
  step,
  taskRun,
} from './objects.ts';
import { pipelineRunSpans, taskRunSpans, expectWellFormed, named, names } from './spans.ts';

const ran = (steps: StepState[], completionTime: string): TaskRunStatus => ({ ...ranTask, completionTime, steps });
const build = (status: TaskRunStatus, pods: Pod[], rest: object = {}) =>
  taskRunSpans({ taskRun: taskRun(status), pods, fold: false, ...rest });
const times = (spans: ReturnType<typeof build>, name: string): number[] => {
  const { startMs, endMs } = named(spans, name);
  return [startMs - ms(0), endMs - ms(0)];
};

describe('steps in whole seconds', () => {
  test('start when their Pod says, in milliseconds, and end when the next one starts at the latest', () => {
    const status = ran([step('a', 3, 3), step('b', 3, 3), step('c', 3, 3)], at(4));
    const pod = podOf([endedStep('a', 3, 3, 3.05), endedStep('b', 3, 3, 3.35), endedStep('c', 3, 3, 3.6)]);
    const spans = build(status, [pod]);
    expectWellFormed(spans);
    expect(times(spans, 'step a')).toEqual([3050, 3350]);
    expect(times(spans, 'step b')).toEqual([3350, 3600]);
    // It ended within that second, and nothing says when.
    expect(times(spans, 'step c')).toEqual([3600, 3999]);
    expect(times(spans, 'pod starting')).toEqual([2000, 3050]);
  });

  test('end as it is written where that is after their start: waiting for its turn is not a step’s time', () => {
    const pod = podOf([endedStep('a', 4, 6, 5.2), endedStep('b', 4, 9, 6.7)]);
    const spans = build(ran([step('a', 5, 6), step('b', 6, 9)], at(9)), [pod]);
    expect(times(spans, 'step a')).toEqual([5200, 6000]);
    expect(times(spans, 'step b')).toEqual([6700, 9000]);
    expect(times(spans, 'task compile')).toEqual([1000, 9000]);
  });

  test('that start in the second in which all ends make task and run as long as that second, with and without the Pod', () => {
    const status = ran([step('a', 5, 9), step('b', 9, 9)], at(9));
    const pod = podOf([endedStep('a', 4, 9, 5.2), endedStep('b', 4, 9, 9.4)]);
    const owner = { startMs: ms(0), endMs: ms(9) };
    const spans = build(status, [pod], { owner });
    expectWellFormed(spans);
    expect(times(spans, 'step a')).toEqual([5200, 9000]);
    expect(times(spans, 'step b')).toEqual([9400, 9999]);
    expect(times(spans, 'task compile')).toEqual([1000, 9999]);
    expect(build(status, [], { owner })).toEqual([named(spans, 'task compile')]);
    const run = { ...ranRun, completionTime: at(9) };
    const root = pipelineRunSpans({ run: pipelineRun(run), children: [taskRun(status)] });
    expect(times(root, 'RUN build')).toEqual([0, 9999]);
  });

  test('have no span without their Pod, nor before it says when they started', () => {
    const status = ran([step('a', 5, 8)], at(9));
    expect(names(build(status, []))).toEqual(['task compile']);
    const running = podOf([{ name: 'step-a', state: { running: { startedAt: at(4) } } }], { phase: 'Running' });
    expect(names(build(status, [running]))).not.toContain('step a');
  });

  test.each([
    ['another second than the TaskRun’s status', 7.5],
    ['nothing', undefined],
  ])('start as the status says where the message says %s', (_what, startedAt) => {
    const spans = build(ran([step('a', 5, 8)], at(9)), [podOf([endedStep('a', 4, 8, startedAt)])]);
    expect(times(spans, 'step a')).toEqual([5000, 8000]);
  });

  test('that the entrypoint skipped stand where it did so', () => {
    const pod = podOf([endedStep('a', 4, 8, 5.2, 1), endedStep('b', 4, 8, 8.3, 1)]);
    const skipped = step('b', 8, 8, 1, { terminationReason: 'Skipped' });
    const failed = { conditions: [condition('False', 'StepFailed')] };
    const spans = build({ ...ran([step('a', 5, 8, 1), skipped], at(9)), ...failed }, [pod]);
    expect(times(spans, 'step a')).toEqual([5200, 8000]);
    expect(times(spans, 'step b')).toEqual([8300, 8300]);
  });
});

test('steps in milliseconds do not need the Pod, and are the same with it', () => {
  const status = ran([step('a', 5.2, 6.5), step('b', 6.7, 8.3)], at(8.5));
  const spans = build(status, [podOf([endedStep('a', 4, 6, 5.9), endedStep('b', 4, 8, 6.9)])]);
  expect(times(spans, 'step a')).toEqual([5200, 6500]);
  for (const span of build(status, [])) expect(spans).toContainEqual(span);
  expect(names(build(status, []))).toEqual(['step a', 'step b', 'task compile']);
});

test('a step that ended in the second of its start ends with its task, where that is known in milliseconds: that is no cut', () => {
  const steps = [{ ...step('a', 5.2, 5), terminated: { exitCode: 0, startedAt: at(5.2), finishedAt: at(5) } }];
  const spans = build(ran(steps, at(5.7)), []);
  expect(times(spans, 'step a')).toEqual([5200, 5700]);
  expect(named(spans, 'step a').attributes).not.toHaveProperty('tektrace.cut_to_parent');
});

test('a run that ends in the second of its admission has the length of that', () => {
  const annotations = {
    'tekton/pipelinerun-span-context': carrier(),
    'tekton/admission-time': `${at(0.3)}/${at(0.32)}`,
  };
  const run = pipelineRun({ ...ranRun, startTime: at(0), completionTime: at(0) }, { annotations });
  const spans = pipelineRunSpans({ run, children: [] });
  expectWellFormed(spans);
  expect(times(spans, 'RUN build')).toEqual([300, 320]);
  expect(times(spans, 'admission')).toEqual([300, 320]);
});
