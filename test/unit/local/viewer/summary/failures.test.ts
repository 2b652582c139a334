import { describe, expect, test } from '@jest/globals';
import { liveSpan } from '../../../../../local/viewer/live/live-span.ts';
import type { LogPlace } from '../../../../../local/viewer/log-place.ts';
import { summarizeRun } from '../../../../../local/viewer/summary/summary.ts';
import { buildWaterfall } from '../../../../../local/viewer/waterfall.ts';
import { exampleTrace, fromService, spanId, START_MS, TRACE_ID, type SpanInput } from '../example-trace.ts';
import { of, root, task } from './spans.ts';

describe('the failures', () => {
  const failed = (spans: SpanInput[]): SpanInput[] =>
    spans.map((span) =>
      span.name.startsWith('step')
        ? {
            ...{ ...span, error: 'exit code 3' },
            attributes: { ...span.attributes, 'process.exit.code': 3, 'error.type': 'Error' },
          }
        : span,
    );
  const failing = [root(3000, 'failure'), ...task('clone', 0, 1000), ...failed(task('unit', 1000, 3000, 'failure'))];

  test('are where they began, with exit code and last lines of the log', () => {
    const lines = ['1 of 2 tests', 'expected 4, got 5', ''];
    const log = { namespace: 'ci', pod: 'unit-pod', container: 'step-run-unit' };
    const logTail = (asked: LogPlace): string[] | undefined =>
      JSON.stringify(asked) === JSON.stringify(log) ? lines : undefined;
    expect(of(failing, { logTail }).failures).toEqual([
      expect.objectContaining({
        ...{ task: 'unit', step: 'run-unit', exitCode: 3, logTail: lines, log },
        text: 'unit › run-unit: exit code 3: expected 4, got 5',
      }),
    ]);
  });

  test('have the log of their own container, whatever a program in the step says of its Pod', () => {
    const attributes = {
      'k8s.pod.name': 'other-pod',
      'k8s.container.name': 'step-other',
      'k8s.namespace.name': 'other',
    };
    const program: SpanInput = { id: 'j', parent: 'unitr', name: 'jest', from: 1400, to: 1500, attributes };
    const own = fromService('tekton-pipelines', failing);
    const { failures } = summarizeRun(
      buildWaterfall(TRACE_ID, { resourceSpans: [own, fromService('jest', [program])] }),
    );
    expect(failures.map(({ log }) => log)).toEqual([{ namespace: 'ci', pod: 'unit-pod', container: 'step-run-unit' }]);
  });

  test('have what the container said about its end, before any line of the log', () => {
    const { failures } = summarizeRun(buildWaterfall(TRACE_ID, exampleTrace), { logTail: () => ['a line'] });
    expect(failures.map(({ text }) => text)).toEqual([
      'build-image › push: exit code 1: unauthorized: authentication required',
    ]);
  });

  test('come before the cancellations that they caused', () => {
    const cancelled = task('docs', 0, 900, 'cancellation');
    const summary = of([root(3000, 'failure'), ...cancelled, ...failed(task('unit', 1000, 3000, 'failure'))]);
    expect(summary.failures.map(({ task: name }) => name)).toEqual(['unit', 'docs']);
  });

  test('are none in a run that succeeded after a retry or in spite of a task', () => {
    expect(of([root(3000), ...failed(task('unit', 0, 3000, 'failure'))]).failures).toEqual([]);
    const retried = failed(task('unit', 0, 3000)).map((span) =>
      span.name.startsWith('step') ? { ...span, parent: 'att' } : span,
    );
    const attempt: SpanInput = {
      ...{ id: 'att', parent: 'unit', name: 'attempt 1', from: 0, to: 3000, error: 'failed' },
      attributes: { 'cicd.pipeline.task.run.result': 'failure' },
    };
    const other = failed(task('lint', 0, 2000, 'failure'));
    expect(of([root(3000, 'failure'), ...retried, attempt, ...other]).failures.map((one) => one.task)).toEqual([
      'lint',
    ]);
  });

  test('are there while the run goes on, but not those of an attempt that may be followed by another', () => {
    const attempt: SpanInput[] = [
      { id: 'att', parent: 'unit', name: 'attempt 1', from: 1000, to: 2000, error: 'failed' },
      ...failed([{ id: 'attr', parent: 'att', name: 'step jest', from: 1300, to: 2000 }]),
    ];
    expect(of([...task('clone', 0, 1000), ...attempt]).failures).toEqual([]);
    const traces = { resourceSpans: [fromService('tekton-pipelines', failed(task('unit', 1000, 2000, 'failure')))] };
    const running = liveSpan(
      { traceId: TRACE_ID, spanId: spanId('root'), name: 'RUN build', startMs: START_MS, endMs: undefined },
      START_MS + 2500,
    );
    const summary = summarizeRun(buildWaterfall(TRACE_ID, traces, [running]));
    expect([summary.finished, summary.failures.map(({ step }) => step)]).toEqual([false, ['run-unit']]);
  });

  test('of a task with several attempts are those of the last one; the others were tolerated', () => {
    const attempt = (number: number, result: string): SpanInput[] =>
      failed([
        {
          ...{ id: `att${number}`, parent: 'unit', name: `attempt ${number}` },
          ...{ from: number * 1000, to: number * 1000 + 900 },
          attributes: { 'cicd.pipeline.task.run.result': result },
        },
        {
          ...{ id: `st${number}`, parent: `att${number}`, name: 'step jest', error: 'x' },
          ...{ from: number * 1000, to: number * 1000 + 900 },
          attributes: { 'cicd.pipeline.task.run.result': result },
        },
      ]);
    const unit = (result: string): SpanInput => ({
      ...{ id: 'unit', parent: 'root', name: 'task unit', from: 0, to: 3000 },
      attributes: { 'cicd.pipeline.task.run.result': result },
    });
    const both = [...attempt(1, 'failure'), ...attempt(2, 'failure')];
    const summary = of([root(3000, 'failure'), unit('failure'), ...both]);
    expect(summary.failures.map(({ text }) => text)).toEqual(['unit › attempt 2 › jest: exit code 3']);
    expect(summary.tolerated.map(({ text, how }) => [text, how])).toEqual([
      ['unit › attempt 1 › jest: exit code 3', 'retried'],
    ]);
    const [first] = of([unit('running'), ...both.slice(0, 2)]).tolerated;
    expect(first).toBeUndefined();
  });

  test('of a wait that came to an end are neither failures nor tolerated ones', () => {
    const pull: SpanInput = {
      id: 'pull',
      parent: 'unit',
      name: 'volume mount cache',
      from: 100,
      to: 200,
      error: 'busy',
    };
    const summary = of([root(3000), ...task('unit', 0, 3000), pull]);
    expect([summary.failures, summary.tolerated]).toEqual([[], []]);
  });

  test('that a run went on after are tolerated: ignored ones of a step and of a task', () => {
    const ofStep = failed(task('lint', 0, 1000)).map((span) =>
      span.name.startsWith('step')
        ? { ...span, attributes: { ...span.attributes, 'cicd.pipeline.task.run.result': 'failure' } }
        : span,
    );
    const summary = of([root(3000), ...ofStep, ...failed(task('audit', 1000, 3000, 'failure'))]);
    expect(summary.failures).toEqual([]);
    expect(summary.tolerated.map(({ task: name, how }) => [name, how])).toEqual([
      ['lint', 'ignored'],
      ['audit', 'ignored'],
    ]);
  });

  test('of what was stopped have no exit code: the controller wrote it', () => {
    const stopped = failed(task('soak', 0, 3000, 'timeout')).map((span) =>
      span.name.startsWith('step')
        ? {
            ...span,
            error: 'failed to finish within "5s"',
            attributes: { ...span.attributes, 'error.type': 'TaskRunTimeout' },
          }
        : span,
    );
    const [failure] = of([root(3000, 'failure'), ...stopped]).failures;
    expect(failure).toMatchObject({ result: 'timeout', cause: 'TaskRunTimeout: failed to finish within "5s"' });
    expect(failure).not.toHaveProperty('exitCode');
  });

  test('of a process that a signal ended name the signal', () => {
    const killed = failed(task('train', 0, 3000, 'failure')).map((span) =>
      span.name.startsWith('step')
        ? { ...span, error: 'exit code 137', attributes: { ...span.attributes, 'process.exit.code': 137 } }
        : span,
    );
    const logTail = (): string[] => ['epoch 1'];
    const [failure] = of([root(3000, 'failure'), ...killed], { logTail }).failures;
    expect(failure?.cause).toBe('exit code 137 (SIGKILL): epoch 1');
  });

  test('of the run itself have neither task nor step', () => {
    const spans = [{ ...root(0, 'error'), error: 'no Task named lnt', to: 100 }];
    expect(of(spans).failures).toEqual([expect.objectContaining({ text: 'no Task named lnt' })]);
  });

  test('of a controller’s function, or of a program in a step, are none of the run', () => {
    const { failures } = summarizeRun(
      buildWaterfall(TRACE_ID, {
        resourceSpans: [
          fromService('tekton-pipelines', [root(3000, 'failure'), ...failed(task('unit', 0, 3000, 'failure'))]),
          fromService('taskrun-reconciler', [
            { id: 'c', parent: 'unit', name: 'f', from: 0, to: 1, error: 'conflict' },
          ]),
          fromService('jest', [{ id: 'j', parent: 'unitr', name: 'jest', from: 400, to: 500, error: 'boom' }]),
        ],
      }),
    );
    expect(failures.map(({ step }) => step)).toEqual(['run-unit']);
  });
});
