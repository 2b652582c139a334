import { describe, expect, test } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';

import { PodLedger } from '../../../../controller/lifecycle/pods.ts';
import type { ContainerStatus, Pod } from '../../../../shared/kubernetes/pod.ts';
import type { SpanRecord } from '../../../../shared/tracing/span-record.ts';
import type { TaskRunStatus } from '../../../../shared/tekton/types.ts';
import { at, condition, endedStep, ms, podOf, ranTask, step, taskRun } from './objects.ts';
import { expectWellFormed, named, names, taskRunSpans } from './spans.ts';

const ERROR = SpanStatusCode.ERROR;
const waitsForInit = { name: 'step-make', state: { waiting: { reason: 'PodInitializing' } } };
const crashed = { terminated: { exitCode: 3, reason: 'Error', startedAt: at(6), finishedAt: at(7) } };

function podWith(sidecar: Partial<ContainerStatus>, steps: ContainerStatus[] = [waitsForInit], phase = 'Pending'): Pod {
  const one = podOf(steps, { phase, initContainerStatuses: [{ name: 'sidecar-db', ...sidecar }] });
  const initContainers = [{ name: 'sidecar-db', restartPolicy: 'Always' }];
  return { ...one, spec: { ...one.spec!, initContainers, containers: [{ name: 'step-make' }] } };
}

const timedOut: TaskRunStatus = {
  podName: 'compile-pod',
  startTime: at(1),
  completionTime: at(60),
  conditions: [condition('False', 'TaskRunTimeout', 'failed to finish within "1m"')],
  steps: [],
};

function build(status: TaskRunStatus, pods: Pod[]): SpanRecord[] {
  const spans = taskRunSpans({ taskRun: taskRun(status), pods, fold: false });
  expectWellFormed(spans);
  return spans;
}

describe('a native sidecar', () => {
  const loops = (): Pod =>
    podWith({
      state: {
        waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container=sidecar-db' },
      },
      lastState: crashed,
      restartCount: 4,
    });

  test('that always ends at once has its last run with the exit code, and is what the Pod’s start waits for', () => {
    const spans = build(timedOut, [loops()]);
    expect(named(spans, 'sidecar db')).toMatchObject({
      startMs: ms(6),
      endMs: ms(7),
      attributes: { 'process.exit.code': 3, 'error.type': 'Error', 'tektrace.restarts': 4 },
      status: { code: ERROR, message: 'exit code 3' },
    });
    expect(named(spans, 'pod starting')).toMatchObject({
      endMs: ms(60),
      attributes: { 'error.type': 'CrashLoopBackOff' },
      status: { code: ERROR, message: 'back-off 40s restarting failed container=sidecar-db' },
    });
  });

  test('says so, too, when the kubelet has written over it, as it does when the Pod is deleted', () => {
    const ledger = new PodLedger();
    ledger.put('uid-compile', loops());
    const deleted = podWith({ state: { waiting: { reason: 'PodInitializing' } }, lastState: crashed, restartCount: 4 });
    deleted.metadata.deletionTimestamp = at(60);
    ledger.put('uid-compile', deleted);
    ledger.remove('uid-compile', deleted, true);
    expect(build(timedOut, [...ledger.of(taskRun(undefined)).gone])).toEqual(build(timedOut, [loops()]));
  });

  test('that the kubelet can’t create has its message on the Pod’s start', () => {
    const state = { waiting: { reason: 'CreateContainerConfigError', message: 'secret "nowhere" not found' } };
    const spans = build(timedOut, [podWith({ state })]);
    expect(names(spans)).not.toContain('sidecar db');
    expect(named(spans, 'pod starting').status).toEqual({ code: ERROR, message: 'secret "nowhere" not found' });
  });

  test('that was started again runs from then to the last step, also when the kubelet has stopped it', () => {
    const status = { ...ranTask, steps: [step('make', 9, 11)] };
    const steps = [endedStep('make', 5, 11, 9.2)];
    const again = (state: ContainerStatus['state']): Pod =>
      podWith({ state, lastState: crashed, restartCount: 1 }, steps, 'Running');
    const spans = build(status, [again({ running: { startedAt: at(8) } })]);
    expect(named(spans, 'sidecar db')).toMatchObject({
      startMs: ms(8),
      endMs: ms(11),
      attributes: { 'tektrace.restarts': 1, 'tektrace.outlived_steps': true },
    });
    const loops = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } };
    const unknown = { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } };
    expect(build(status, [again(unknown)])).toEqual(build(status, [again(loops)]));
    const stopped = { terminated: { exitCode: 137, startedAt: at(8), finishedAt: at(12) } };
    expect(build(status, [again(stopped)])).toEqual(spans);
  });
});
