import { describe, expect, test } from '@jest/globals';

import { makeTaskRunStatus } from '../../../../../controller/taskrun/status/make-task-run-status.ts';
import type { ContainerStatus, PodStatus } from '../../../../../shared/kubernetes/pod.ts';
import type { TaskRun, TaskRunStatus } from '../../../../../shared/tekton/types.ts';
import { ended } from '../support/fake-cluster.ts';

const NOW = new Date('2026-05-01T10:00:05.125Z');
const CONTAINERS = ['step-a', 'step-b', 'sidecar-s'];

function statusOf(podStatus: PodStatus, annotations: Record<string, string> = {}): TaskRunStatus {
  const taskRun: TaskRun = { metadata: { name: 'r', annotations }, spec: {} };
  const spec = { containers: CONTAINERS.map((name) => ({ name })) };
  const pod = { metadata: { name: 'r-pod' }, spec, status: podStatus };
  makeTaskRunStatus(taskRun, pod, { results: [{ name: 'list', type: 'array' }] }, NOW);
  return taskRun.status!;
}

const conditionOf = (podStatus: PodStatus, annotations?: Record<string, string>): string => {
  const { status, reason, message } = statusOf(podStatus, annotations).conditions![0]!;
  return `${status} ${reason}: ${message}`;
};
const waiting = (name: string, reason: string, message = ''): ContainerStatus => ({
  name,
  state: { waiting: { reason, message } },
});
const running = (name: string): ContainerStatus => ({
  name,
  state: { running: { startedAt: '2026-05-01T10:00:01Z' } },
});
const oom = { exitCode: 137, reason: 'OOMKilled' };

describe('the condition', () => {
  const unschedulable = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: '0/1 nodes: Insufficient cpu',
  };
  test.each<[string, PodStatus, string]>([
    ['a Pod without a status', {}, 'Unknown Pending: Pending'],
    [
      'a Pod that waits for a node',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: 'no node' }] },
      'Unknown Pending: pod status "PodScheduled":"False"; message: "no node"',
    ],
    [
      'a Pod too large for the nodes',
      { phase: 'Pending', conditions: [unschedulable] },
      'Unknown ExceededNodeResources: TaskRun Pod exceeded available resources',
    ],
    [
      'a directory that the kubelet still makes',
      {
        phase: 'Pending',
        containerStatuses: [
          waiting('step-a', 'CreateContainerConfigError', 'failed to create subPath directory for volumeMount'),
        ],
      },
      'Unknown Pending: Waiting for subPath directory creation to complete',
    ],
    [
      'an image being pulled again',
      { phase: 'Pending', containerStatuses: [waiting('step-a', 'ErrImagePull', 'busy')] },
      'Unknown PullImageFailed: build step "step-a" is pending with reason "busy"',
    ],
    [
      'a step that runs',
      { phase: 'Running', containerStatuses: [ended('step-a'), running('step-b')] },
      'Unknown Running: Not all Steps in the Task have finished executing',
    ],
    [
      'all steps done, a sidecar still running',
      { phase: 'Running', containerStatuses: [ended('step-a'), ended('step-b'), running('sidecar-s')] },
      'True Succeeded: All Steps have completed executing',
    ],
    [
      'a failed step',
      {
        phase: 'Failed',
        containerStatuses: [
          ended('step-a', { exitCode: 1 }),
          ended('step-b', { exitCode: 1, internal: { Reason: 'Skipped' } }),
        ],
      },
      'False StepFailed: "step-a" exited with code 1: Error',
    ],
    [
      'a step past its timeout',
      {
        phase: 'Failed',
        containerStatuses: [ended('step-a', { exitCode: 1, internal: { Reason: 'TimeoutExceeded' } })],
      },
      'False StepFailed: "step-a" exited because the step exceeded the specified timeout limit',
    ],
    [
      'a step out of memory, before the Pod ends',
      { phase: 'Running', containerStatuses: [ended('step-a', oom), running('step-b')] },
      'False StepOOM: "step-a" exited with code 137: OOMKilled',
    ],
    [
      'a sidecar that failed, and a step with it',
      { phase: 'Failed', containerStatuses: [ended('step-a', { exitCode: 1 }), ended('sidecar-s', { exitCode: 4 })] },
      'False SidecarFailed: "sidecar-s" exited with code 4: Error',
    ],
    [
      'an init container that failed',
      { phase: 'Failed', initContainerStatuses: [ended('prepare', { exitCode: 1 })] },
      'False InitContainerFailed: init container failed, "prepare" exited with code 1: Error',
    ],
    [
      'an init container out of memory',
      { phase: 'Failed', initContainerStatuses: [ended('prepare', oom)] },
      'False InitContainerOOM: init container failed, "prepare" exited with code 137: OOMKilled',
    ],
    [
      'an evicted Pod',
      { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' },
      'False PodEvicted: The node was low on resource: memory.',
    ],
    [
      'a Pod past its deadline',
      {
        phase: 'Failed',
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      },
      'False Failed: Pod was active on the node longer than the specified deadline',
    ],
    ['a Pod that failed without a word', { phase: 'Failed' }, 'False Failed: build failed for unspecified reasons.'],
  ])('of %s', (_what, podStatus, expected) => {
    expect(conditionOf(podStatus)).toBe(expected);
  });

  test('of a failure that the pipeline ignores has that reason', () => {
    const annotations = { 'pipeline.tekton.dev/pipeline-task-on-error': 'continue' };
    const podStatus = { phase: 'Failed', containerStatuses: [ended('step-a', { exitCode: 1 })] };
    expect(conditionOf(podStatus, annotations)).toBe('False FailureIgnored: "step-a" exited with code 1: Error');
  });
});

describe('the steps', () => {
  test("are in the spec's order, whatever order the kubelet reports", () => {
    const { steps, sidecars } = statusOf({
      phase: 'Running',
      containerStatuses: [running('sidecar-s'), running('step-b'), running('step-a')],
    });
    expect(steps?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(sidecars).toEqual([{ name: 's', container: 'sidecar-s', running: { startedAt: '2026-05-01T10:00:01Z' } }]);
  });

  test('whose failure was passed over keep their exit code', () => {
    const passed = ended('step-a', { internal: { ExitCode: '3' } });
    const [step] = statusOf({ phase: 'Running', containerStatuses: [passed, running('step-b')] }).steps!;
    expect(step).toMatchObject({ terminationReason: 'Continued', terminated: { exitCode: 3 } });
    expect(step?.terminated).not.toHaveProperty('message');
  });

  test('have their results at the end only, arrays as arrays', () => {
    const first = ended('step-a', { results: { list: '["x","y"]', extra: 'text' } });
    expect(statusOf({ phase: 'Running', containerStatuses: [first, running('step-b')] }).results).toBeUndefined();
    const second = ended('step-b', { results: { extra: 'later' } });
    const done = statusOf({ phase: 'Succeeded', containerStatuses: [first, second] });
    expect(done.results).toEqual([
      { name: 'extra', type: 'string', value: 'later' },
      { name: 'list', type: 'array', value: ['x', 'y'] },
    ]);
    expect(done.completionTime).toBe('2026-05-01T10:00:05.125Z');
  });

  test("a message that is not the entrypoint's stays as it is", () => {
    const broken = ended('step-a', { exitCode: 128 });
    broken.state!.terminated!.message = 'exec: "nope": not found';
    const [step] = statusOf({ phase: 'Failed', containerStatuses: [broken] }).steps!;
    expect(step?.terminated).toMatchObject({ message: 'exec: "nope": not found', startedAt: '2026-05-01T10:00:01Z' });
  });
});
