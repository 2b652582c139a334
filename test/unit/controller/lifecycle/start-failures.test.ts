import { describe, expect, test } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';

import type { PodEvent } from '../../../../controller/watch/essentials.ts';
import type { Pod } from '../../../../shared/kubernetes/pod.ts';
import type { SpanRecord } from '../../../../shared/tracing/span-record.ts';
import type { TaskRunStatus } from '../../../../shared/tekton/types.ts';
import { at, condition, endedStep, ms, podOf, ranTask, step, taskRun } from './objects.ts';
import { expectWellFormed, named, names, taskRunSpans } from './spans.ts';

const NO_SECRET = 'MountVolume.SetUp failed for volume "ws-a1b2c" : secret "nowhere" not found';
const IN_USE = 'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) other-pod';

const event = (reason: string, message: string, from: number, to: number): PodEvent => ({
  metadata: { name: `${reason}-${from}`, namespace: 'ci' },
  involvedObject: { uid: 'uid-compile-pod' },
  reason,
  message,
  firstTimestamp: at(from),
  lastTimestamp: at(to),
  count: 3,
});

const timedOut: TaskRunStatus = {
  podName: 'compile-pod',
  startTime: at(1),
  completionTime: at(60),
  conditions: [condition('False', 'TaskRunTimeout', 'failed to finish within "1m"')],
  steps: [],
};
const waits = (): Pod =>
  podOf([{ name: 'step-make', state: { waiting: { reason: 'PodInitializing' } } }], {
    phase: 'Pending',
    initContainerStatuses: [{ name: 'prepare', state: { waiting: { reason: 'PodInitializing' } } }],
  });

function build(status: TaskRunStatus, pod: Pod, events: PodEvent[]): SpanRecord[] {
  const spans = taskRunSpans({ taskRun: taskRun(status), pods: [pod], podEventsOf: () => events, fold: false });
  expectWellFormed(spans);
  return spans;
}

test('a volume that can’t be mounted is an Error with the kubelet’s message, to the end of its task', () => {
  const spans = build(timedOut, waits(), [event('FailedMount', NO_SECRET, 3, 51)]);
  expect(named(spans, 'volume mount ws-a1b2c')).toMatchObject({
    startMs: ms(3),
    endMs: ms(60),
    parentSpanId: named(spans, 'pod starting').spanId,
    attributes: { 'error.type': 'FailedMount' },
    status: { code: SpanStatusCode.ERROR, message: NO_SECRET },
  });
});

test('a message of any length is cut, and has no credentials', () => {
  const message = `MountVolume.SetUp failed for volume "w": https://me:s3cret@nfs.test ${'x'.repeat(5000)}`;
  const { status } = named(build(timedOut, waits(), [event('FailedMount', message, 3, 51)]), 'volume mount w');
  expect(status.message).toMatch(/https:\/\/\[redacted\]@nfs.test x+$/);
  expect(status.message).toHaveLength(1024);
});

test('a volume that another Pod held for a time has a span of that time, and is no error', () => {
  const pod = podOf([endedStep('make', 40, 45, 41.5)]);
  const status = { ...ranTask, completionTime: at(46), steps: [step('make', 41, 45)] };
  const events = [event('FailedAttachVolume', IN_USE, 3, 3), event('FailedAttachVolume', IN_USE, 20, 30)];
  const spans = build(status, pod, events);
  expect(named(spans, 'volume mount pvc-1')).toMatchObject({
    startMs: ms(3),
    endMs: ms(30),
    attributes: { 'tektrace.message': IN_USE },
    status: { code: SpanStatusCode.UNSET },
  });
});

test('a sandbox that can’t be made has its message, too', () => {
  const spans = build(timedOut, waits(), [event('FailedCreatePodSandBox', 'plugin type="calico" failed', 5, 50)]);
  expect(named(spans, 'pod sandbox').status.message).toBe('plugin type="calico" failed');
});

const unready = (message: string, from: number, to: number, container = 'sidecar-db'): PodEvent => ({
  ...event('Unhealthy', message, from, to),
  involvedObject: { uid: 'uid-compile-pod', fieldPath: `spec.containers{${container}}` },
});
const REFUSED = 'Readiness probe failed: dial tcp 10.0.0.7:6379: connect: connection refused';

/** The step's container runs, and its command waits for the sidecars. */
function waitsForSidecar(): Pod {
  const pod = podOf([{ name: 'step-make', state: { running: { startedAt: at(5) } } }]);
  return { ...pod, metadata: { ...pod.metadata, annotations: {} } };
}

test('a sidecar that never gets ready is an Error with its probe’s message; no step began', () => {
  const make = { name: 'make', container: 'step-make' };
  const cut = { exitCode: 1, startedAt: at(5), finishedAt: at(60), reason: 'TaskRunTimeout' };
  const status = { ...timedOut, steps: [{ ...make, terminated: cut }] };
  const spans = build(status, waitsForSidecar(), [unready(REFUSED, 5, 55)]);
  expect(names(spans)).not.toContain('step make');
  expect(named(spans, 'pod starting')).toMatchObject({ endMs: ms(60), attributes: { 'error.type': 'TaskRunTimeout' } });
  expect(named(spans, 'readiness db')).toMatchObject({
    startMs: ms(5),
    endMs: ms(60),
    parentSpanId: named(spans, 'pod starting').spanId,
    attributes: { 'error.type': 'Unhealthy' },
    status: { code: SpanStatusCode.ERROR, message: REFUSED },
  });
});

describe('a sidecar of a Pod whose steps started', () => {
  const pod = podOf([endedStep('make', 40, 45, 41.5)]);
  const status = { ...ranTask, completionTime: at(46), steps: [step('make', 41, 45)] };

  test('has a span of the time that it was not ready, and is no error', () => {
    const spans = build(status, pod, [unready(REFUSED, 5, 35), unready('Startup probe failed: ', 3, 4)]);
    expect(named(spans, 'readiness db')).toMatchObject({
      startMs: ms(3),
      endMs: ms(35),
      attributes: { 'tektrace.message': REFUSED },
      status: { code: SpanStatusCode.UNSET },
    });
  });

  test('has none for probes that fail while the steps run, for liveness, or for a step', () => {
    const events = [
      unready(REFUSED, 43, 44),
      unready('Liveness probe failed: ', 5, 35, 'sidecar-web'),
      unready(REFUSED, 5, 35, 'step-make'),
    ];
    expect(names(build(status, pod, events)).filter((name) => name.startsWith('readiness'))).toEqual([]);
  });
});

test('other Events make no span', () => {
  const pulling = event('Pulling', 'Pulling image "volume "x""', 3, 3);
  expect(names(build(timedOut, waits(), [pulling]))).toEqual(['pod scheduling', 'pod starting', 'task compile']);
});
