import { SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, test } from '@jest/globals';

import { PodLedger } from '../../../../controller/lifecycle/pods.ts';
import type { ContainerStatus, Pod, PodStatus } from '../../../../shared/kubernetes/pod.ts';
import { deriveSpanId } from '../../../../shared/tracing/ids.ts';
import type { SpanRecord } from '../../../../shared/tracing/span-record.ts';
import type { StepState, TaskRunStatus } from '../../../../shared/tekton/types.ts';
import { at, condition, endedStep, ms, pipelineRun, podOf, ranRun, ranTask, step, taskRun, TRACE } from './objects.ts';
import { pipelineRunSpans, taskRunSpans, expectWellFormed, named, names } from './spans.ts';

const { ERROR, UNSET } = SpanStatusCode;
const failed = (reason: string, message: string, steps: StepState[], completed = 12): TaskRunStatus => ({
  ...ranTask,
  completionTime: at(completed),
  conditions: [condition('False', reason, message)],
  steps,
});
const build = (status: TaskRunStatus, pods: Pod[] = []): SpanRecord[] => {
  const spans = taskRunSpans({ taskRun: taskRun(status), pods, fold: false });
  expectWellFormed(spans);
  return spans;
};
const times = (spans: SpanRecord[], name: string): number[] => {
  const { startMs, endMs } = named(spans, name);
  return [startMs - ms(0), endMs - ms(0)];
};
/** As upstream ends a step with its TaskRun: the container's start, or the TaskRun's creation where it had none. */
const cut = (name: string, from: number, to: number, reason: string): StepState =>
  step(name, from, to, 1, { terminationReason: reason });

describe('a TaskRun that ran out of time', () => {
  const message = 'TaskRun "build-x7k2p-compile" failed to finish within "10s"';
  const status = failed('TaskRunTimeout', message, [
    step('a', 5.2, 6),
    cut('b', 4, 12, 'TaskRunTimeout'),
    cut('c', 4, 12, 'TaskRunTimeout'),
  ]);

  test('has the step that ran as long as it ran, and those whose turn never came as skipped', () => {
    const spans = build(status);
    expect(times(spans, 'step a')).toEqual([5200, 6000]);
    expect(times(spans, 'step b')).toEqual([6000, 12_000]);
    expect(named(spans, 'step b')).toMatchObject({
      attributes: { 'cicd.pipeline.task.run.result': 'timeout', 'error.type': 'TaskRunTimeout' },
      status: { code: ERROR, message },
    });
    expect(named(spans, 'step c').attributes['cicd.pipeline.task.run.result']).toBe('skip');
    expect(named(spans, 'step c').endMs).toBe(ms(12));
  });

  test('makes its run a failure that says what the task’s reason is', () => {
    const run = { ...ranRun, conditions: [condition('False', 'Failed', 'Tasks Completed: 1 (Failed: 1)')] };
    const ignored = taskRun(failed('FailureIgnored', '', [], 3), {}, 'lint');
    const root = pipelineRunSpans({ run: pipelineRun(run), children: [ignored, taskRun(status)] }).at(-1);
    expect(root?.attributes).toMatchObject({ 'cicd.pipeline.result': 'failure', 'error.type': 'TaskRunTimeout' });
  });
});

describe('a container that the runtime could not start', () => {
  const why = 'failed to create containerd task: exec: "mke": executable file not found in $PATH';
  const terminated = (to: number) => ({
    terminated: {
      exitCode: 128,
      reason: 'StartError',
      message: why,
      startedAt: '1970-01-01T00:00:00Z',
      finishedAt: at(to),
    },
  });

  test('has its step’s span when that failed, with the kubelet’s message', () => {
    const steps: StepState[] = [{ name: 'a', container: 'step-a', ...terminated(5) }];
    const pod = podOf([{ name: 'step-a', ...terminated(5) }], { phase: 'Failed' });
    const spans = build(failed('StepFailed', '"step-a" exited with code 128: StartError', steps), [pod]);
    expect(times(spans, 'step a')).toEqual([5000, 5000]);
    expect(named(spans, 'step a')).toMatchObject({
      attributes: { 'error.type': 'StartError', 'process.exit.code': 128 },
      status: { code: ERROR, message: why },
    });
    expect(times(spans, 'pod starting')).toEqual([2000, 5000]);
    for (const span of spans) expect(span.attributes).not.toHaveProperty('tektrace.clock_skew_ms');
  });
});

describe('a node that is lost', () => {
  const unknown = {
    terminated: {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was terminated',
    },
  };
  const steps = ['b', 'c'].map((name) => ({ name, container: `step-${name}`, ...unknown }));
  const status = failed('StepFailed', '"step-b" exited with code 137', [step('a', 5, 6), ...steps], 60);
  const lost = { imageID: 'alpine@sha256:1', containerID: 'containerd://1', state: unknown };
  const containers: ContainerStatus[] = [
    endedStep('a', 4, 6, 5.2),
    { name: 'step-b', ...lost },
    { name: 'step-c', ...lost },
  ];

  test('leaves the step that ran from the one before to the end of the Pod, with the error; of the next nothing is known', () => {
    const spans = build(status, [podOf(containers, { phase: 'Failed' })]);
    expect(times(spans, 'step b')).toEqual([6000, 60_000]);
    expect(named(spans, 'step b')).toMatchObject({
      attributes: { 'error.type': 'ContainerStatusUnknown', 'process.exit.code': 137, 'tektrace.derived': true },
      status: { code: ERROR, message: unknown.terminated.message },
    });
    expect(names(spans)).not.toContain('step c');
  });

  test('and whose first step ran is known from the end of init to when the Pod was given up', () => {
    const first = failed('StepFailed', '', [{ ...steps[0]! }], 60);
    const pod = podOf([{ name: 'step-b', ...lost }], { phase: 'Failed' });
    pod.status!.conditions!.push({ type: 'DisruptionTarget', status: 'True', lastTransitionTime: at(45) });
    expect(times(build(first, [pod]), 'step b')).toEqual([4000, 45_000]);
    expect(names(build(first))).toEqual(['task compile']);
  });
});

describe('a Pod that is evicted while the kubelet does not find its container any more', () => {
  const message = 'Usage of EmptyDir volume "small" exceeds the limit "2Mi".';
  const waiting = { waiting: { reason: 'PodInitializing' } };
  const lastState = {
    terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container used to be Running' },
  };
  // Upstream copies the state of that moment.
  const status = failed('PodEvicted', message, [{ name: 'a', container: 'step-a', ...waiting }], 60);
  const evicted = (state: ContainerStatus['state']): Pod => {
    const pod = podOf([{ name: 'step-a', imageID: '', containerID: '', state, lastState }], { phase: 'Failed' });
    pod.status!.conditions!.push({ type: 'DisruptionTarget', status: 'True', lastTransitionTime: at(59) });
    return pod;
  };

  test('has the step that ran, from the end of init to the eviction, with the kubelet’s message', () => {
    const spans = build(status, [evicted(waiting)]);
    expect(times(spans, 'step a')).toEqual([4000, 59_000]);
    expect(named(spans, 'step a')).toMatchObject({
      attributes: { 'error.type': 'PodEvicted', 'tektrace.derived': true },
      status: { code: ERROR, message },
    });
    expect(times(spans, 'pod starting')[1]).toBe(4000);
    expect(named(spans, 'pod starting').status.code).toBe(UNSET);
  });

  test('and has the same spans from what the kubelet writes a second later, and fewer without the Pod', () => {
    const spans = build(status, [evicted(waiting)]);
    expect(build(status, [evicted(lastState)])).toEqual(spans);
    for (const span of build(status)) expect(spans).toContainEqual(span);
  });
});

describe('a Pod that never gets a step started', () => {
  const timeout = (steps: StepState[] = []): TaskRunStatus => failed('TaskRunTimeout', 'too late', steps);

  test('for want of a node waits to the end, with the scheduler’s message', () => {
    const message = '0/1 nodes are available: 1 Insufficient cpu.';
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }];
    const pod = podOf([], { phase: 'Pending', startTime: undefined, conditions, initContainerStatuses: [] });
    const spans = build(timeout(), [pod]);
    expect(names(spans)).toEqual(['pod scheduling', 'task compile']);
    expect(times(spans, 'pod scheduling')).toEqual([2000, 12_000]);
    expect(named(spans, 'pod scheduling')).toMatchObject({
      attributes: { 'error.type': 'Unschedulable' },
      status: { code: ERROR, message },
    });
  });

  const message = 'Back-off pulling image "nowhere:1": ErrImagePull: not found';
  const waiting: ContainerStatus = {
    name: 'step-a',
    image: 'nowhere:1',
    imageID: '',
    state: { waiting: { reason: 'ImagePullBackOff', message } },
  };
  const pulls = (rest: Partial<PodStatus> = {}): Pod => podOf([waiting], { phase: 'Pending', ...rest });
  // Upstream gives a container that waits the TaskRun's creation as its start.
  const notPulled = failed('TaskRunImagePullFailed', 'can’t be pulled', [cut('a', 1, 12, 'TaskRunImagePullFailed')]);

  test('because an image can’t be pulled has the pull as part of its start, both to the end', () => {
    const spans = build(notPulled, [pulls()]);
    expect(names(spans)).toEqual([
      'pod scheduling',
      'pod starting',
      'image pull nowhere:1',
      'init prepare',
      'task compile',
    ]);
    expect(times(spans, 'pod starting')).toEqual([2000, 12_000]);
    expect(named(spans, 'pod starting')).toMatchObject({
      attributes: { 'error.type': 'TaskRunImagePullFailed' },
      status: { code: ERROR, message: 'can’t be pulled' },
    });
    expect(times(spans, 'image pull nowhere:1')).toEqual([4000, 12_000]);
    expect(named(spans, 'image pull nowhere:1')).toMatchObject({
      spanId: deriveSpanId(TRACE, 'pull', 'uid-compile', 0, 'step-a'),
      parentSpanId: named(spans, 'pod starting').spanId,
      attributes: { 'k8s.container.name': 'step-a', 'error.type': 'ImagePullBackOff' },
      status: { code: ERROR, message },
    });
  });

  test('still says so when the kubelet has written over it, as it does when the Pod is deleted', () => {
    const ledger = new PodLedger();
    ledger.put('uid-compile', pulls());
    const deleted = pulls();
    deleted.metadata.deletionTimestamp = at(12);
    deleted.status!.containerStatuses = [{ ...waiting, state: { waiting: { reason: 'PodInitializing' } } }];
    ledger.put('uid-compile', deleted);
    const unknown = { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } };
    ledger.put('uid-compile', podOf([{ ...waiting, state: unknown }], { phase: 'Failed' }));
    ledger.remove('uid-compile', podOf([{ ...waiting, state: unknown }], { phase: 'Failed' }), true);
    expect(build(notPulled, [...ledger.of(taskRun(undefined)).gone])).toEqual(build(notPulled, [pulls()]));
    // Another process has not seen it: it leaves out what it does not know.
    const later = build(notPulled, [podOf([{ ...waiting, state: unknown }], { phase: 'Failed' })]);
    expect(names(later)).toEqual(['pod scheduling', 'init prepare', 'task compile']);
    for (const span of later) expect(build(notPulled, [pulls()])).toContainEqual(span);
  });

  test('because a container can’t be created has the kubelet’s message on its start', () => {
    const state = { waiting: { reason: 'CreateContainerConfigError', message: 'secret "nowhere" not found' } };
    const uncreated = failed('CreateContainerConfigError', 'Failed to create pod due to config error', []);
    const spans = build(uncreated, [podOf([{ ...waiting, state }], { phase: 'Pending' })]);
    expect(named(spans, 'pod starting')).toMatchObject({
      endMs: ms(12),
      attributes: { 'error.type': 'CreateContainerConfigError' },
      status: { code: ERROR, message: 'secret "nowhere" not found' },
    });
  });

  test('ends when its TaskRun failed, by the condition where upstream writes no completion time', () => {
    const { completionTime, ...status } = failed('CreateContainerConfigError', 'Failed to create pod', []);
    const conditions = [{ ...status.conditions![0]!, lastTransitionTime: completionTime! }];
    const spans = build({ ...status, conditions }, [pulls()]);
    expect(times(spans, 'task compile')[1]).toBe(12_000);
    expect(times(spans, 'pod starting')).toEqual([2000, 12_000]);
  });

  test('and is evicted has the kubelet’s message on its start', () => {
    const evicted = failed('PodEvicted', 'The node was low on resource: memory.', []);
    const pod = podOf([], { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' });
    expect(named(build(evicted, [pod]), 'pod starting')).toMatchObject({
      endMs: ms(12),
      attributes: { 'error.type': 'PodEvicted' },
      status: { code: ERROR, message: 'The node was low on resource: memory.' },
    });
  });

  test('because somebody cancels it is no error', () => {
    const pod = podOf([{ ...waiting, state: { waiting: { reason: 'ContainerCreating' } } }], { phase: 'Pending' });
    const spans = build(failed('TaskRunCancelled', 'cancelled', [cut('a', 1, 12, 'TaskRunCancelled')]), [pod]);
    expect(named(spans, 'pod starting')).toMatchObject({ endMs: ms(12), status: { code: UNSET } });
  });
});

test('an init container that its TaskRun’s end stops ends as that does; one that starts later has no span', () => {
  const init = (name: string, from: number, to: number): ContainerStatus => ({
    name,
    state: { terminated: { exitCode: 137, reason: 'Error', startedAt: at(from), finishedAt: at(to) } },
  });
  const inits = [init('prepare', 3, 40), init('place-scripts', 41, 42)];
  const pod = podOf([], { phase: 'Failed', initContainerStatuses: inits });
  const spans = build(failed('TaskRunCancelled', 'cancelled', []), [pod]);
  expect(named(spans, 'init prepare')).toMatchObject({ startMs: ms(3), endMs: ms(12), status: { code: UNSET } });
  expect(named(spans, 'init prepare').attributes).toMatchObject({
    'error.type': 'TaskRunCancelled',
    'tektrace.actual_end': new Date(ms(40)).toISOString(),
  });
  expect(names(spans)).not.toContain('init place-scripts');
});

test('an evicted Pod cuts the step short that ran, and says why; those after it never ran', () => {
  const message = 'The node was low on resource: memory.';
  const steps = [step('a', 5, 6), step('b', 6, 9, 137), step('c', 4, 9, 137)];
  const pod = podOf([endedStep('a', 4, 6, 5.2), endedStep('b', 4, 9, 6.1, 137), endedStep('c', 4, 9, undefined, 137)], {
    phase: 'Failed',
    reason: 'Evicted',
    message,
  });
  const spans = build(failed('PodEvicted', message, steps), [pod]);
  expect(times(spans, 'step b')).toEqual([6100, 9000]);
  expect(named(spans, 'step b')).toMatchObject({
    attributes: { 'error.type': 'PodEvicted', 'process.exit.code': 137 },
    status: { code: ERROR, message },
  });
  expect(named(spans, 'step c').attributes['cicd.pipeline.task.run.result']).toBe('skip');
});

test('a step out of memory whose exit code is 0 failed: only a child of its command was killed', () => {
  const terminated = { exitCode: 0, reason: 'OOMKilled', startedAt: at(5), finishedAt: at(10) };
  const states = [{ name: 'make', container: 'step-make', terminationReason: 'OOMKilled', terminated }];
  const one = endedStep('make', 5, 10, 5.4);
  one.state!.terminated!.reason = 'OOMKilled';
  const spans = build(failed('StepOOM', '"step-make" exited with code 0: OOMKilled', states), [podOf([one])]);
  expect(named(spans, 'step make')).toMatchObject({
    attributes: { 'process.exit.code': 0, 'error.type': 'OOMKilled', 'cicd.pipeline.task.run.result': 'failure' },
    status: { code: ERROR },
  });
});

test('a step that was killed because its Pod was preempted says so; one that failed before does not', () => {
  const message = 'preempting to accommodate a higher priority pod';
  const preempted = podOf([endedStep('a', 5, 7, 5.2), endedStep('b', 5, 30, 7.2, 143)], {
    phase: 'Failed',
    conditions: [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: at(2) },
      {
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'PreemptionByScheduler',
        message,
        lastTransitionTime: at(29),
      },
    ],
  });
  const states = [step('a', 5, 7, 3, { terminationReason: 'Continued' }), step('b', 7, 30, 143)];
  const spans = build(failed('StepFailed', '"step-b" exited with code 143', states, 31), [preempted]);
  expect(named(spans, 'step a').attributes).toMatchObject({ 'error.type': 'Error' });
  expect(named(spans, 'step b')).toMatchObject({
    attributes: { 'process.exit.code': 143, 'error.type': 'PreemptionByScheduler' },
    status: { code: ERROR, message },
  });
});

test('steps that run on when another is out of memory never get their turn', () => {
  const oom = step('a', 5.2, 7.4, 137, { terminationReason: 'OOMKilled' });
  const waits: StepState = { name: 'b', container: 'step-b', running: { startedAt: at(4) } };
  const spans = build(failed('StepOOM', '"step-a" exited with code 137: OOMKilled', [oom, waits], 8));
  expect(named(spans, 'step b')).toMatchObject({ startMs: ms(7.4), endMs: ms(7.4), status: { code: UNSET } });
});

test('the step that ran when its TaskRun was deleted is cut short then', () => {
  const steps: StepState[] = ['a', 'b'].map((name) => ({
    name,
    container: `step-${name}`,
    running: { startedAt: at(4) },
  }));
  const running = { ...ranTask, completionTime: undefined, conditions: [condition('Unknown', 'Running')], steps };
  const spans = taskRunSpans({ taskRun: taskRun(running), pods: [], fold: false, deletedMs: ms(9.5) });
  expectWellFormed(spans);
  expect(times(spans, 'step a')).toEqual([4000, 9500]);
  expect(named(spans, 'step a').attributes).toMatchObject({ 'error.type': 'deleted' });
  expect(named(spans, 'step b').attributes['cicd.pipeline.task.run.result']).toBe('skip');
});

describe('an init container that runs on beside the steps', () => {
  const pod = podOf([endedStep('a', 5, 8, 5.2)]);
  pod.spec!.initContainers = [
    { name: 'prepare', image: 'entrypoint' },
    { name: 'proxy', image: 'envoy', restartPolicy: 'Always' },
  ];
  pod.status!.initContainerStatuses!.push({
    name: 'proxy',
    state: { terminated: { exitCode: 143, reason: 'Error', startedAt: at(4), finishedAt: at(8) } },
  });
  const spans = build({ ...ranTask, completionTime: at(9), steps: [step('a', 5, 8)] }, [pod]);

  test('is a sidecar, whatever its name, and stopped by the kubelet after the last step', () => {
    expect(named(spans, 'sidecar proxy')).toMatchObject({
      startMs: ms(4),
      endMs: ms(8),
      attributes: { 'tektrace.outlived_steps': true },
      status: { code: UNSET },
    });
    expect(names(spans).filter((name) => name.startsWith('init'))).toEqual(['init prepare']);
  });
});
