import { describe, expect, test } from '@jest/globals';
import { outcomeOf } from '../../../../../controller/lifecycle/result.ts';
import { timedSteps } from '../../../../../controller/lifecycle/step-times.ts';
import { stepSpans as exportedSteps } from '../../../../../controller/lifecycle/steps.ts';

import { liveSpans, notYetArrived } from '../../../../../local/viewer/live/live-spans.ts';
import type { LiveRun } from '../../../../../local/viewer/live/live-run.ts';
import { summarizeRun } from '../../../../../local/viewer/summary/summary.ts';
import { buildWaterfall, type Waterfall } from '../../../../../local/viewer/waterfall.ts';
import { deriveSpanId } from '../../../../../shared/tracing/ids.ts';
import type { TracesData } from '../../../../../shared/otlp/types.ts';
import { STATUS_CODE } from '../../../../../shared/otlp/types.ts';
import type { StepState, TaskRunStatus } from '../../../../../shared/tekton/types.ts';
import { fromService, makeSpan } from '../example-trace.ts';
import {
  BORN_MS,
  failed,
  LIVE_TRACE,
  liveRun,
  pipelineRun,
  pod,
  ROOT_SPAN,
  step,
  succeeded,
  taskRun,
} from './run-objects.ts';

const NOTHING: TracesData = { resourceSpans: [] };
const drawn = (live: LiveRun, nowMs: number, traces = NOTHING): Waterfall =>
  buildWaterfall(LIVE_TRACE, traces, liveSpans(LIVE_TRACE, live, BORN_MS + nowMs));
const outline = ({ rows }: Waterfall): string[] =>
  rows.map(
    ({ depth, name, result, offsetMs, durationMs }) =>
      `${' '.repeat(depth)}${name} ${result} ${offsetMs}+${durationMs}`,
  );

describe('a run that goes on', () => {
  test('has its root with its name, its tasks, their waits and steps, up to now', () => {
    const lint = taskRun('lint', 100, { steps: [step('check', 400)] });
    expect(outline(drawn(liveRun([lint], [pod('lint', 120, 150)]), 1000))).toEqual([
      'RUN ship running 0+1000',
      ' queued none 0+40',
      ' task lint running 100+900',
      '  pod scheduling none 120+30',
      '  pod starting none 150+250',
      '  step check running 400+600',
    ]);
  });

  test('whose step waits for a sidecar has no step yet', () => {
    const lint = taskRun('lint', 100, { steps: [step('check', 400)] });
    const { status, metadata } = pod('lint', 120, 150);
    const waits = { status, metadata: { ...metadata, annotations: {} } };
    expect(outline(drawn(liveRun([lint], [waits]), 1000)).slice(3)).toEqual([
      '  pod scheduling none 120+30',
      '  pod starting running 150+850',
    ]);
  });

  test('of a Pipeline that a resolver fetched has the name of that, as its span will have', () => {
    const { metadata, ...rest } = pipelineRun();
    const named = (pipeline: string): string => {
      const run = {
        ...rest,
        metadata: { ...metadata, labels: { 'tekton.dev/pipeline': pipeline } },
        spec: { pipelineRef: { resolver: 'git' } },
      };
      return drawn(liveRun([], [], run), 100).title;
    };
    expect(named('ship-fetched')).toBe('RUN ship-fetched');
    // Upstream writes the run's own name first.
    expect(named('ship-x1')).toBe('RUN ship-x1');
  });

  test('is not finished, and no row misses a parent', () => {
    const waterfall = drawn(liveRun([taskRun('lint', 100)]), 1000);
    expect(waterfall).toMatchObject({
      title: 'RUN ship',
      runName: 'ship-x1',
      namespace: 'ci',
      result: 'running',
      finished: false,
      spanCount: 0,
    });
    expect(waterfall.rows.flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  test('of steps whose containers started together, the next one begins when the one before it has ended', () => {
    const steps = [step('a', 300, { ms: 500, exitCode: 0 }), step('b', 300), step('c', 300)];
    const rows = drawn(liveRun([taskRun('build', 100, { steps })]), 900).rows.filter(
      ({ category }) => category === 'step',
    );
    expect(rows.map(({ name, result, offsetMs, durationMs }) => [name, result, offsetMs, durationMs])).toEqual([
      ['step a', 'success', 300, 200],
      ['step b', 'running', 500, 400],
    ]);
  });

  test('a step that failed says its exit code while its task goes on', () => {
    const { rows } = drawn(
      liveRun([taskRun('build', 100, { steps: [step('a', 300, { ms: 500, exitCode: 3 })] })]),
      900,
    );
    expect(rows.find(({ name }) => name === 'step a')).toMatchObject({
      result: 'failure',
      problem: 'exit code 3',
      isOrigin: true,
    });
  });

  test('a Pod without a node waits until now', () => {
    const { rows } = drawn(liveRun([taskRun('build', 100)], [pod('build', 120)]), 900);
    expect(rows.find(({ name }) => name === 'pod scheduling')).toMatchObject({
      isRunning: true,
      offsetMs: 120,
      durationMs: 780,
    });
    expect(rows.some(({ name }) => name === 'pod starting')).toBe(false);
  });

  test('a Pod whose node is not known any more waited until its first step', () => {
    const live = liveRun([taskRun('build', 100, { steps: [step('a', 400)] })], [pod('build', 120)]);
    expect(outline(drawn(live, 900)).slice(2)).toEqual([
      ' task build running 100+800',
      '  pod scheduling none 120+280',
      '  step a running 400+500',
    ]);
  });

  test('a Pod whose creation is cut to a whole second does not wait from before its task', () => {
    const { rows, startUnixMs } = drawn(liveRun([taskRun('build', 100)], [pod('build', -500, 350)]), 900);
    expect(startUnixMs).toBe(BORN_MS);
    expect(rows.find(({ name }) => name === 'pod scheduling')).toMatchObject({ offsetMs: 100, durationMs: 250 });
  });

  test('an attempt that failed keeps its rows while the next one runs', () => {
    const first = {
      ...failed(400, 'Failed', 'no'),
      ...{ startTime: new Date(BORN_MS + 110).toISOString(), podName: 'ship-x1-flaky-pod' },
      steps: [step('a', 200, { ms: 390, exitCode: 3 })],
    };
    const retried = taskRun('flaky', 100, {
      ...{ retriesStatus: [first], startTime: new Date(BORN_MS + 450).toISOString() },
      ...{ podName: 'ship-x1-flaky-pod-retry1', steps: [step('a', 600)] },
    });
    const waterfall = drawn(liveRun([retried]), 900);
    expect(outline(waterfall).slice(2)).toEqual([
      ' task flaky running 100+800',
      '  attempt 1 failure 110+290',
      '   step a failure 200+190',
      '  attempt 2 running 450+450',
      '   step a running 600+300',
    ]);
    const { failures, tolerated } = summarizeRun(waterfall);
    expect(failures).toEqual([]);
    expect(tolerated.map(({ text, how }) => [text, how])).toEqual([['flaky › attempt 1 › a: exit code 3', 'retried']]);
  });

  test('steps of a second attempt are below it, and have the ids of that attempt', () => {
    const retried = taskRun('flaky', 100, {
      ...{ retriesStatus: [failed(400, 'Failed', 'no')], startTime: new Date(BORN_MS + 450).toISOString() },
      ...{ podName: 'ship-x1-flaky-pod-retry1', steps: [step('a', 600)] },
    });
    const { rows } = drawn(liveRun([retried]), 900);
    const found = rows.find(({ name }) => name === 'step a');
    expect(rows[found?.parent ?? -1]).toMatchObject({ name: 'attempt 2', offsetMs: 450 });
    expect(found?.id).toBe(deriveSpanId(LIVE_TRACE, 'step', 'flaky-uid', 1, 'step-a'));
  });
});

describe('what has ended', () => {
  test('keeps its row until its span arrives', () => {
    const live = liveRun([
      taskRun('lint', 100, { ...succeeded(800), steps: [step('check', 300, { ms: 790, exitCode: 0 })] }),
    ]);
    expect(outline(drawn(live, 900)).slice(2)).toEqual([' task lint success 100+700', '  step check success 300+490']);
  });

  test('a cancelled task is no error, one that timed out is', () => {
    const live = liveRun([
      taskRun('a', 100, failed(500, 'TaskRunCancelled', 'cancelled')),
      taskRun('b', 100, failed(500, 'TaskRunTimeout', 'too long')),
    ]);
    const { rows } = drawn(live, 900);
    expect(rows.filter(({ category }) => category === 'task').map(({ result, problem }) => [result, problem])).toEqual([
      ['cancellation', 'TaskRunCancelled'],
      ['timeout', 'TaskRunTimeout: too long'],
    ]);
  });

  test('gives way to its spans, also to fewer of them, and to the whole trace when the root has come', () => {
    const live = liveRun([
      taskRun('lint', 100, { ...succeeded(800), steps: [step('check', 300, { ms: 790, exitCode: 0 })] }),
    ]);
    const spanId = deriveSpanId(LIVE_TRACE, 'task', 'lint-uid');
    const arrived = {
      ...makeSpan({ id: 'x', name: 'task lint (from the trace)', from: 0, to: 10 }),
      traceId: LIVE_TRACE,
      spanId,
      parentSpanId: ROOT_SPAN,
    };
    const traces = (spans: object[]): TracesData => {
      const group = fromService('tekton-pipelines', []);
      return {
        resourceSpans: [{ ...group, scopeSpans: group.scopeSpans.map((scope) => ({ ...scope, spans: spans as [] })) }],
      };
    };
    const { rows } = drawn(live, 900, traces([arrived]));
    expect(rows.map(({ name }) => name).toSorted()).toEqual(['RUN ship', 'queued', 'task lint (from the trace)']);
    const root = { ...arrived, name: 'RUN ship', spanId: ROOT_SPAN, parentSpanId: undefined };
    const whole = drawn(live, 900, traces([root]));
    expect([whole.finished, whole.rows.map(({ name }) => name)]).toEqual([true, ['RUN ship']]);
  });

  test('gives way in whatever order the API objects came', () => {
    const live = liveSpans(LIVE_TRACE, liveRun([taskRun('lint', 100, { steps: [step('check', 300)] })]), BORN_MS + 900);
    const left = (arrived: string): string[] =>
      notYetArrived(live.toReversed(), new Set([arrived])).map(({ span }) => span.name);
    expect(left(ROOT_SPAN)).toEqual([]);
    expect(left('f'.repeat(16))).toHaveLength(live.length);
    expect(left(deriveSpanId(LIVE_TRACE, 'task', 'lint-uid'))).toEqual(['queued', 'RUN ship']);
  });

  test('objects of another trace give no row', () => {
    expect(liveSpans('c'.repeat(32), liveRun([taskRun('lint', 100)], [], pipelineRun()), BORN_MS)).toEqual([]);
  });
});

describe('a step that has ended', () => {
  interface End {
    reason?: string;
    terminationReason?: string;
  }
  const ended = (name: string, exitCode: number, end: End, startMs = 300, endMs = 500): StepState => {
    const { reason, terminationReason } = end;
    const { terminated, ...rest } = step(name, startMs, { ms: endMs, exitCode });
    return {
      ...{ ...rest, terminated: { exitCode, ...terminated, ...(reason && { reason }) } },
      ...(terminationReason && { terminationReason }),
    };
  };
  const cut = (name: string, startMs = 300): StepState =>
    ended(name, 1, { reason: 'TaskRunCancelled', terminationReason: 'TaskRunCancelled' }, startMs, 900);
  const cancelled = failed(900, 'TaskRunCancelled', 'TaskRun "x" was cancelled');
  const timedOut = failed(900, 'TaskRunTimeout', 'TaskRun "x" failed to finish within "1s"');

  test.each<[string, TaskRunStatus, StepState[], string[]]>([
    ['by a cancellation', cancelled, [cut('a')], ['cancellation']],
    [
      'by a cancellation, before the next one',
      cancelled,
      [ended('a', 0, {}), cut('b'), cut('c')],
      ['success', 'cancellation', 'skip'],
    ],
    ['by a cancellation, before its container started', cancelled, [cut('a', 100)], []],
    ['by a cancellation that its status does not show', cancelled, [step('a', 300)], ['cancellation']],
    ['by a timeout', timedOut, [ended('a', 1, { terminationReason: 'TaskRunTimeout' }, 300, 900)], ['timeout']],
    [
      'by its own timeout',
      failed(900, 'Failed', 'no'),
      [ended('a', 1, { terminationReason: 'TimeoutExceeded' })],
      ['timeout'],
    ],
    [
      'by a failure',
      failed(900, 'Failed', 'no'),
      [ended('a', 3, { reason: 'Error' }), ended('b', 1, { terminationReason: 'Skipped' })],
      ['failure', 'skip'],
    ],
    [
      'by a failure, while the next one waited for its turn',
      failed(2900, 'Failed', 'no'),
      [ended('a', 3, { reason: 'Error' }, 300, 2500), ended('b', 137, { reason: 'Error' }, 300, 2600)],
      ['failure', 'skip'],
    ],
    [
      'by a failure that is ignored',
      succeeded(900),
      [ended('a', 3, { terminationReason: 'Continued' }), ended('b', 0, {})],
      ['failure', 'success'],
    ],
  ])('%s has the result, error and exit code of its span', (_title, end, steps, results) => {
    const run = taskRun('build', 100, { ...end, steps });
    const live = liveSpans(LIVE_TRACE, liveRun([run]), BORN_MS + 3000).filter(({ span }) =>
      span.name.startsWith('step '),
    );
    const attempt = {
      ...{ traceId: LIVE_TRACE, parentSpanId: ROOT_SPAN, taskRunUid: 'build-uid', number: 0 },
      ...{ startMs: BORN_MS + 100, endMs: Date.parse(run.status?.completionTime ?? ''), createdMs: BORN_MS + 100 },
      ...{ status: run.status ?? {}, outcome: outcomeOf(run) },
    };
    const exported = exportedSteps(timedSteps(attempt), attempt);
    const shown = live.map(({ span: { name, attributes, status } }) => ({
      name,
      attributes: Object.fromEntries(
        attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
      ),
      status: status.code === STATUS_CODE.error ? { code: 2, message: status.message } : { code: 0 },
    }));
    expect(shown).toEqual(exported.map(({ name, attributes, status }) => ({ name, attributes, status })));
    expect(shown.map(({ attributes }) => attributes['cicd.pipeline.task.run.result'])).toEqual(results);
    expect(live.map(({ span }) => span.spanId)).toEqual(exported.map(({ spanId }) => spanId));
  });
});
