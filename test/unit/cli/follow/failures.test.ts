import { describe, expect, test } from '@jest/globals';

import { failuresOf } from '../../../../cli/follow/failures.ts';
import type { PipelineRun, StepState, TaskRun } from '../../../../shared/tekton/types.ts';

const no = (reason: string, message = '') => ({ type: 'Succeeded', status: 'False', reason, message }) as const;

function taskRun(task: string, reason: string, message = '', steps: StepState[] = [], completionTime = ''): TaskRun {
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { name: `run-${task}`, labels: { 'tekton.dev/pipelineTask': task } },
    spec: {},
    status: { conditions: [no(reason, message)], steps, podName: `run-${task}-pod`, completionTime },
  };
}
const step = (name: string, exitCode: number, rest: object = {}, terminationReason?: string): StepState => ({
  name,
  container: `step-${name}`,
  terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', ...rest },
  ...(terminationReason !== undefined && { terminationReason }),
});
const run = (reason: string, message: string): PipelineRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'run' },
  spec: {},
  status: { conditions: [no(reason, message)] },
});
const counted = run('Failed', 'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 0');
const causeOf = (of: TaskRun, by?: string) => failuresOf(of, [], by).map(({ step: name, cause }) => [name, cause]);

describe('a TaskRun', () => {
  test.each([
    ['SidecarFailed', '"sidecar-db" exited with code 3: Error', 'sidecar-db'],
    ['SidecarOOM', '"sidecar-db" exited with code 137: OOMKilled', 'sidecar-db'],
    ['InitContainerFailed', 'init container failed, "prepare" exited with code 1: Error', 'prepare'],
    ['StepFailed', '"step-a" exited with code 3: Error', undefined],
    ['SidecarFailed', 'build failed for unspecified reasons.', undefined],
  ])('of reason %s with the message %s blames the container %s', (reason, message, container) => {
    const [failure] = failuresOf(taskRun('a', reason, message), [], undefined);
    expect(failure).toMatchObject({ cause: message, pod: 'run-a-pod' });
    expect(failure?.container).toBe(container);
  });

  test.each([
    [[step('ok', 0), step('bad', 3)], 'StepFailed', 'bad', 'exit code 3'],
    [[step('ignored', 1, {}, 'Continued'), step('bad', 3)], 'StepFailed', 'bad', 'exit code 3'],
    [[step('bad', 1, { message: ' the disk\nis full ' })], 'StepFailed', 'bad', 'exit code 1: the disk\nis full'],
    [[step('bad', 1, { message: '[{"key":"a","value":"b"}]' })], 'StepFailed', 'bad', 'exit code 1'],
    [[step('bad', 137, { reason: 'OOMKilled' })], 'StepOOM', 'bad', 'out of memory (OOMKilled), exit code 137'],
    [
      [step('bad', 128, { reason: 'StartError', message: 'no such file: x' })],
      'StepFailed',
      'bad',
      'could not be started: no such file: x',
    ],
    [
      [step('slow', 1, {}, 'TimeoutExceeded'), step('b', 1, {}, 'Skipped')],
      'Failed',
      'slow',
      'timeout: ran longer than the timeout of the step',
    ],
    [[step('ok', 0), step('cut', 1, {}, 'TaskRunCancelled')], 'TaskRunCancelled', 'cut', 'cancelled'],
    [[step('cut', 1, {}, 'TaskRunTimeout')], 'TaskRunTimeout', 'cut', 'timeout: it took too long'],
  ] as const)('whose steps are %j (%s) failed at %s: %s', (steps, reason, name, cause) => {
    expect(causeOf(taskRun('a', reason, reason === 'TaskRunTimeout' ? 'it took too long' : '', [...steps]))).toEqual([
      [name, cause],
    ]);
  });

  test.each([
    [
      'PodCreationFailed',
      'failed to create task run pod "a-pod": POST /api/v1/namespaces/ci/pods: 403 pods "a-pod" is forbidden: error looking up service account ci/nosuchsa: serviceaccount "nosuchsa" not found. Maybe invalid TaskSpec',
      'service account "nosuchsa" not found',
    ],
    ['PodCreationFailed', 'failed: POST /api/v1/namespaces/ci/pods: 403 no', 'failed: no'],
    [
      'TaskRunImagePullFailed',
      'the step "a" failed to pull the image "x"',
      'the step "a" failed to pull the image "x"',
    ],
    ['TaskRunValidationFailed', 'spec.params[0].name: is there twice', 'spec.params[0].name: is there twice'],
    ['TaskRunTimeout', 'failed to finish within "2s"', 'timeout: failed to finish within "2s"'],
    ['Mystery', '', 'Mystery'],
  ])('that ends with %s and %j failed because of: %s', (reason, message, cause) => {
    expect(causeOf(taskRun('a', reason, message))).toEqual([[undefined, cause]]);
  });

  test('of which a step and a sidecar failed names both, the step first', () => {
    const both = taskRun('a', 'SidecarFailed', '"sidecar-db" exited with code 3: Error', [step('test', 4)]);
    expect(failuresOf(both, [], undefined)).toEqual([
      { step: 'test', cause: 'exit code 4', pod: 'run-a-pod' },
      { cause: '"sidecar-db" exited with code 3: Error', container: 'sidecar-db', pod: 'run-a-pod' },
    ]);
    expect(failuresOf(counted, [both], undefined).map(({ task, step: name }) => [task, name])).toEqual([
      ['a', 'test'],
      ['a', undefined],
    ]);
  });

  test.each(['Continued', 'Skipped', 'TaskRunCancelled'])(
    'of which a sidecar failed, and whose step is %s, names the sidecar alone',
    (how) => {
      const steps = [step('test', 1, {}, how)];
      const failures = failuresOf(taskRun('a', 'SidecarFailed', '"sidecar-db" exited', steps), [], undefined);
      expect(failures.map(({ container }) => container)).toEqual(['sidecar-db']);
    },
  );

  test('that was cancelled here has what cancelled it', () => {
    expect(causeOf(taskRun('a', 'TaskRunCancelled'), 'Ctrl-C')).toEqual([[undefined, 'cancelled by Ctrl-C']]);
  });
});

describe('a PipelineRun', () => {
  const first = taskRun('first', 'StepFailed', '', [step('s', 1)], '2026-05-01T10:00:01Z');
  const later = taskRun('later', 'StepFailed', '', [step('s', 2)], '2026-05-01T10:00:02Z');
  const cut = taskRun('cut', 'TaskRunCancelled', '', [step('s', 1, {}, 'TaskRunCancelled')], '2026-05-01T10:00:00Z');
  const ignored = taskRun('ignored', 'FailureIgnored', '', [step('s', 1)]);
  const tasks = (of: PipelineRun, by?: string) =>
    failuresOf(of, [later, cut, ignored, first], by).map(({ task, cause }) => [task, cause]);

  test('names each task that failed, in the order of their ends, then those that were cut short', () => {
    expect(tasks(counted)).toEqual([
      ['first', 'exit code 1'],
      ['later', 'exit code 2'],
      ['cut', 'cancelled'],
    ]);
  });

  test('that failed itself has its reason before its tasks', () => {
    expect(tasks(run('PipelineRunTimeout', 'failed to finish within "2s"'))[0]).toEqual([
      undefined,
      'timeout: failed to finish within "2s"',
    ]);
    expect(tasks(run('Cancelled', 'PipelineRun "run" was cancelled'), 'Ctrl-C')[0]).toEqual([
      undefined,
      'cancelled by Ctrl-C',
    ]);
    expect(failuresOf(run('PipelineValidationFailed', 'spec.tasks[0]: no'), [], undefined)).toEqual([
      { cause: 'spec.tasks[0]: no' },
    ]);
    expect(failuresOf(counted, [], undefined)).toEqual([
      { cause: 'Tasks Completed: 2 (Failed: 1, Cancelled 0), Skipped: 0' },
    ]);
  });

  test('whose time is over has ended its tasks by that', () => {
    const spec = { statusMessage: 'TaskRun cancelled as the PipelineRun it belongs to has timed out.' };
    const late = run('PipelineRunTimeout', 'failed to finish within "2s"');
    expect(failuresOf(late, [{ ...cut, spec }], undefined)[1]).toMatchObject({
      task: 'cut',
      step: 's',
      cause: 'cancelled by the timeout',
    });
  });

  test('that succeeded has none', () => {
    const good = {
      ...counted,
      status: { conditions: [{ type: 'Succeeded', status: 'True', reason: 'Succeeded' } as const] },
    };
    expect(failuresOf(good, [first], undefined)).toEqual([]);
  });
});
