import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, test } from '@jest/globals';

import type { ContainerStatus } from '../../../../shared/kubernetes/pod.ts';
import { deriveSpanId } from '../../../../shared/tracing/ids.ts';
import type { TaskRunStatus } from '../../../../shared/tekton/types.ts';
import { at, carrier, condition, ms, pod, ranTask, ROOT, standalone, step, taskRun, TRACE } from './objects.ts';
import { taskRunSpans, expectWellFormed, named, names } from './spans.ts';

const build = (status: TaskRunStatus | undefined, pods = [pod()], rest: object = {}) =>
  taskRunSpans({ taskRun: taskRun(status), pods, fold: false, ...rest });

describe('a TaskRun that succeeded', () => {
  const spans = build(ranTask);

  test('has its waits, containers and steps, itself last', () => {
    expect(names(spans)).toEqual([
      'pod scheduling',
      'pod starting',
      'init prepare',
      'sidecar db',
      'step fetch',
      'step make',
      'task compile',
    ]);
    expectWellFormed(spans);
    expect(spans.every((span) => span.kind === SpanKind.INTERNAL && span.status.code === SpanStatusCode.UNSET)).toBe(
      true,
    );
  });

  test('hangs below the run, under the id that anybody can compute', () => {
    const task = named(spans, 'task compile');
    expect(task).toMatchObject({
      traceId: TRACE,
      spanId: deriveSpanId(TRACE, 'task', 'uid-compile'),
      parentSpanId: ROOT,
    });
    expect(named(spans, 'step make')).toMatchObject({
      spanId: deriveSpanId(TRACE, 'step', 'uid-compile', 0, 'step-make'),
      parentSpanId: task.spanId,
    });
  });

  test('has these attributes, and no params, scripts, env or results', () => {
    expect(named(spans, 'task compile').attributes).toEqual({
      'cicd.pipeline.task.name': 'compile',
      'cicd.pipeline.task.run.id': 'uid-compile',
      'cicd.pipeline.task.run.result': 'success',
      'k8s.namespace.name': 'ci',
      namespace: 'ci',
      taskrun: 'build-x7k2p-compile',
      pipelinerun: 'build-x7k2p',
      'k8s.pod.name': 'compile-pod',
    });
    expect(named(spans, 'step fetch').attributes).toEqual({
      'k8s.container.name': 'step-fetch',
      'cicd.pipeline.task.run.result': 'success',
      'process.exit.code': 0,
      'container.image.name': 'alpine:3',
      'container.image.id': 'alpine@sha256:1',
    });
  });

  test('has whole seconds as they are written', () => {
    expect(named(spans, 'task compile')).toMatchObject({ startMs: ms(1), endMs: ms(12) });
    expect(named(spans, 'step fetch')).toMatchObject({ startMs: ms(5), endMs: ms(8) });
    expect(named(spans, 'step make')).toMatchObject({ startMs: ms(8), endMs: ms(11) });
  });

  test('keeps the milliseconds where there are any', () => {
    const fine = build({
      ...ranTask,
      completionTime: at(12.25),
      steps: [step('fetch', 5.1, 7.5), step('make', 8.2, 11.3)],
    });
    expect(named(fine, 'task compile').endMs).toBe(ms(12.25));
    expect(named(fine, 'step fetch')).toMatchObject({ startMs: ms(5.1), endMs: ms(7.5) });
  });

  test('a second build is equal; one without the Pod has only what the TaskRun says as finely', () => {
    expect(build(ranTask)).toEqual(spans);
    expect(build(ranTask, [])).toEqual([spans.at(-1)]);
    const fine = { ...ranTask, steps: [step('fetch', 5.1, 8.2), step('make', 8.3, 11.4)] };
    expect(names(build(fine, []))).toEqual(['step fetch', 'step make', 'task compile']);
    for (const span of build(fine, [])) expect(build(fine)).toContainEqual(span);
  });
});

describe('a TaskRun that did not', () => {
  const failed: TaskRunStatus = {
    ...ranTask,
    conditions: [condition('False', 'Failed', '"step-fetch" exited with code 3')],
    steps: [
      step('fetch', 5, 8, 3, { terminationReason: 'Error' }),
      // As the kubelet reports it: the container started with the Pod.
      step('make', 4, 8, 1, { terminationReason: 'Skipped' }),
    ],
  };

  test('shows the failing step with its exit code and length, and the one after it as skipped', () => {
    const spans = build(failed);
    expectWellFormed(spans);
    expect(named(spans, 'task compile')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: '"step-fetch" exited with code 3' },
      attributes: { 'cicd.pipeline.task.run.result': 'failure', 'error.type': 'Failed' },
    });
    expect(named(spans, 'step fetch')).toMatchObject({
      startMs: ms(5),
      endMs: ms(8),
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'process.exit.code': 3, 'error.type': 'Error', 'cicd.pipeline.task.run.result': 'failure' },
    });
    const skipped = named(spans, 'step make');
    expect(skipped.startMs).toBe(skipped.endMs);
    expect(skipped).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'cicd.pipeline.task.run.result': 'skip' },
    });
    expect(skipped.attributes).not.toHaveProperty(['process.exit.code']);
  });

  test.each([
    ['Failed', 'failure', true],
    ['TaskRunTimeout', 'timeout', true],
    ['TaskRunCancelled', 'cancellation', false],
    ['TaskRunImagePullFailed', 'error', true],
    ['TaskRunValidationFailed', 'error', true],
  ])('for the reason %s has the result %s', (reason, result, isError) => {
    const task = named(build({ ...ranTask, conditions: [condition('False', reason)] }), 'task compile');
    expect(task.attributes).toMatchObject({ 'cicd.pipeline.task.run.result': result, 'error.type': reason });
    expect(task.status.code).toBe(isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
  });

  test.each([
    [{ terminationReason: 'TimeoutExceeded' }, 'timeout', 'TimeoutExceeded', true],
    [{ terminationReason: 'Cancelled' }, 'cancellation', 'Cancelled', false],
    [{ terminationReason: 'Continued' }, 'failure', 'Error', true],
    [{ terminationReason: 'OOMKilled' }, 'failure', 'OOMKilled', true],
  ])('has a step with %j as %s', (rest, result, type, isError) => {
    const span = named(build({ ...ranTask, steps: [step('fetch', 5, 8, 1, rest)] }), 'step fetch');
    expect(span.attributes).toMatchObject({ 'cicd.pipeline.task.run.result': result, 'error.type': type });
    expect(span.status.code).toBe(isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
  });

  test.each([
    ['TaskRunTimeout', 'timeout'],
    ['TaskRunCancelled', 'cancellation'],
  ])('reads %s from the container’s reason, where there is no terminationReason', (reason, result) => {
    const terminated = { exitCode: 1, reason, startedAt: at(5), finishedAt: at(8) };
    const span = named(
      build({ ...ranTask, steps: [{ name: 'fetch', container: 'step-fetch', terminated }] }),
      'step fetch',
    );
    expect(span.attributes['cicd.pipeline.task.run.result']).toBe(result);
  });

  test('because a step could not start has no span for that step', () => {
    const status: TaskRunStatus = {
      ...ranTask,
      conditions: [condition('False', 'TaskRunImagePullFailed', 'no such image')],
      steps: [{ name: 'fetch', container: 'step-fetch', waiting: { reason: 'ImagePullBackOff' } }],
    };
    expect(names(build(status, []))).toEqual(['task compile']);
  });

  test('because it was deleted ends when it was seen to be gone', () => {
    const running = { ...ranTask, completionTime: undefined, conditions: [condition('Unknown', 'Running')] };
    const spans = build(running, [], { deletedMs: ms(9.5) });
    expectWellFormed(spans);
    expect(named(spans, 'task compile')).toMatchObject({
      endMs: ms(9.5),
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'cicd.pipeline.task.run.result': 'cancellation', 'error.type': 'deleted' },
    });
  });

  test('long messages are cut', () => {
    const task = named(
      build({ ...ranTask, conditions: [condition('False', 'Failed', 'x'.repeat(5000))] }),
      'task compile',
    );
    expect(task.status.message).toHaveLength(1024);
  });
});

describe('retries', () => {
  const first: TaskRunStatus = {
    ...ranTask,
    completionTime: at(6.5),
    steps: [step('make', 3.2, 5.5, 1)],
    conditions: [condition('False', 'Failed')],
  };
  const second: TaskRunStatus = {
    ...ranTask,
    podName: 'compile-pod-retry1',
    startTime: at(6),
    steps: [step('make', 8, 11)],
    retriesStatus: [first],
  };
  const spans = build(second, [pod('compile-pod-retry1')]);

  test('are attempts of the task, each with its own steps and result', () => {
    expectWellFormed(spans);
    const [first, second] = [named(spans, 'attempt 1'), named(spans, 'attempt 2')];
    expect(first.attributes).toEqual({ 'cicd.pipeline.task.run.result': 'failure', 'error.type': 'Failed' });
    expect(second.attributes).toEqual({ 'cicd.pipeline.task.run.result': 'success' });
    const steps = spans.filter((span) => span.name === 'step make');
    expect(steps.map((span) => span.parentSpanId)).toEqual([first.spanId, second.spanId]);
    expect(steps[1]?.spanId).toBe(deriveSpanId(TRACE, 'step', 'uid-compile', 1, 'step-make'));
    expect(named(spans, 'pod starting').parentSpanId).toBe(second.spanId);
  });

  test('that wait for their next attempt, which has no start yet, when their TaskRun is deleted: it waits from the end of the last one', () => {
    const { startTime: _startTime, completionTime: _completionTime, podName: _podName, ...rest } = second;
    const waiting = { ...rest, steps: [], conditions: [condition('Unknown', 'ToBeRetried')] };
    const spans = taskRunSpans({ taskRun: taskRun(waiting), pods: [], fold: false, deletedMs: ms(15) });
    expect(named(spans, 'attempt 2').startMs).toBe(named(spans, 'attempt 1').endMs);
    expectWellFormed(spans);
  });

  test('do not show where there were none', () => {
    expect(names(build(ranTask)).filter((name) => name.startsWith('attempt'))).toEqual([]);
  });
});

describe('a TaskRun of its own', () => {
  const meta = {
    ...standalone,
    annotations: { 'tekton/taskrun-span-context': carrier(), 'tekton/admission-time': `${at(1.1)}/${at(1.2)}` },
  };

  test('is a root with its admission and its wait', () => {
    const spans = taskRunSpans({ taskRun: taskRun({ ...ranTask, startTime: at(1.5) }, meta), pods: [], fold: false });
    expectWellFormed(spans);
    expect(names(spans)).toEqual(['admission', 'queued', 'RUN build-x7k2p-compile']);
    expect(spans.at(-1)).toMatchObject({ spanId: ROOT, kind: SpanKind.SERVER, startMs: ms(1.1) });
    expect(spans.at(-1)).not.toHaveProperty('parentSpanId');
    expect(named(spans, 'queued')).toMatchObject({ startMs: ms(1.2), endMs: ms(1.5), parentSpanId: ROOT });
  });

  test('that was retried waited until its first attempt', () => {
    const first = { ...ranTask, startTime: at(1.5), completionTime: at(4) };
    const retried = { ...ranTask, podName: 'compile-pod-retry1', startTime: at(4), retriesStatus: [first] };
    const spans = taskRunSpans({ taskRun: taskRun(retried, meta), pods: [], fold: false });
    expect(named(spans, 'queued')).toMatchObject({ startMs: ms(1.2), endMs: ms(1.5) });
  });
});

test('where the node tells finer than the scheduler’s whole second when it had the Pod, scheduling ends and starting begins there', () => {
  const one = pod();
  const scheduled = one.status!.conditions!.find(({ type }) => type === 'PodScheduled')!;
  const second = Date.parse(scheduled.lastTransitionTime!);
  one.status!.startTime = new Date(second + 250).toISOString();
  const spans = build(ranTask, [one]);
  expect(named(spans, 'pod scheduling').endMs).toBe(second + 250);
  expect(named(spans, 'pod starting').startMs).toBe(second + 250);
  one.status!.startTime = new Date(second + 5000).toISOString();
  expect(named(build(ranTask, [one]), 'pod scheduling').endMs).toBe(second);
});

test('native sidecars, and one without a name, are sidecars', () => {
  const one = pod();
  const ended = { terminated: { exitCode: 0, startedAt: at(4), finishedAt: at(10) } };
  one.status!.initContainerStatuses!.push({ name: 'sidecar-proxy', state: ended }, { name: 'sidecar', state: ended });
  const spans = build(ranTask, [one]);
  expect(names(spans).filter((name) => name.startsWith('sidecar'))).toEqual([
    'sidecar proxy',
    'sidecar sidecar',
    'sidecar db',
  ]);
  expectWellFormed(spans);
});

describe('a sidecar', () => {
  const stepsEnd = ms(11);
  const outlived = { 'k8s.container.name': 'sidecar-db', 'tektrace.outlived_steps': true };
  const sidecarOf = (status: Partial<ContainerStatus>, metadata: object = {}) => {
    const one = pod();
    one.metadata = { ...one.metadata, ...metadata };
    one.status!.containerStatuses = one.status!.containerStatuses!.map((each) =>
      each.name === 'sidecar-db' ? { name: each.name, ...status } : each,
    );
    return named(build(ranTask, [one]), 'sidecar db');
  };
  const terminated = (to: number, exitCode = 137) => ({
    terminated: { exitCode, reason: 'Error', startedAt: at(5), finishedAt: at(to) },
  });

  test('that ends badly before the steps has its own end, and the error', () => {
    expect(sidecarOf({ state: terminated(9, 1) })).toMatchObject({
      startMs: ms(5),
      endMs: ms(9),
      attributes: { 'process.exit.code': 1, 'error.type': 'Error' },
      status: { code: SpanStatusCode.ERROR, message: 'exit code 1' },
    });
  });

  const stopping: [string, Partial<ContainerStatus>, object][] = [
    ['still runs', { state: { running: { startedAt: at(5) } } }, {}],
    ['ended later', { state: terminated(40) }, {}],
    ['was stopped by another image', { state: terminated(11, 0), lastState: terminated(11, 143) }, {}],
    ['waits for the image that stops it', { state: { waiting: {} }, lastState: terminated(12, 143) }, {}],
    ['ended with its deleted Pod', { state: terminated(11, 143) }, { deletionTimestamp: at(11) }],
  ];
  test.each(stopping)('that outlives the steps and %s has the same span', (_how, status, metadata) => {
    expect(sidecarOf(status, metadata)).toEqual(sidecarOf({ state: { running: { startedAt: at(5) } } }));
    expect(sidecarOf(status, metadata)).toMatchObject({ startMs: ms(5), endMs: stepsEnd, attributes: outlived });
  });

  test('that never started has no span', () => {
    const one = pod();
    one.status!.containerStatuses!.splice(2, 1, { name: 'sidecar-db', state: { waiting: {} } });
    expect(names(build(ranTask, [one]))).not.toContain('sidecar db');
  });
});

describe('a container that the runtime could not start, whose start it gives as 1970', () => {
  const notStarted = (to: number) => ({
    terminated: { exitCode: 128, reason: 'StartError', startedAt: '1970-01-01T00:00:00Z', finishedAt: at(to) },
  });

  test('starts when that failed: a sidecar, and the Pod starts until its first container', () => {
    const one = pod();
    one.status!.containerStatuses!.splice(2, 1, { name: 'sidecar-db', state: notStarted(6.5) });
    const spans = build(ranTask, [one]);
    expect(named(spans, 'sidecar db')).toMatchObject({ startMs: ms(6.5), endMs: ms(6.5) });
    expect(named(spans, 'sidecar db').attributes).not.toHaveProperty('tektrace.clock_skew_ms');
    expect(named(spans, 'pod starting').endMs).toBe(ms(5));
    expectWellFormed(spans);
  });

  test('an init container, and a step', () => {
    const one = pod();
    one.status!.initContainerStatuses = [{ name: 'prepare', state: notStarted(3.5) }];
    const steps = [{ name: 'fetch', container: 'step-fetch', ...notStarted(5.5) }];
    const spans = build({ ...ranTask, steps }, [one]);
    expect(named(spans, 'init prepare')).toMatchObject({ startMs: ms(3.5), endMs: ms(3.5) });
    expect(named(spans, 'step fetch')).toMatchObject({ startMs: ms(5.5), endMs: ms(5.5) });
  });
});

test('in a run of more than 500 tasks waits and init containers are events of the task', () => {
  const spans = build(ranTask, [pod()], { fold: true });
  expect(names(spans)).toEqual(['pod starting', 'sidecar db', 'step fetch', 'step make', 'task compile']);
  expect(spans.at(-1)?.events).toEqual([
    { name: 'pod scheduling', timeMs: ms(2), attributes: { 'tektrace.duration_ms': 1000 } },
    { name: 'init prepare', timeMs: ms(3), attributes: { 'tektrace.duration_ms': 1000 } },
  ]);
});
