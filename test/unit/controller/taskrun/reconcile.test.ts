import { beforeEach, describe, expect, test } from '@jest/globals';

import { ApiError, ConnectionError } from '../../../../shared/kubernetes/errors.ts';
import type { TaskSpec } from '../../../../shared/tekton/types.ts';
import { ended, FakeCluster, NAMESPACE } from './support/fake-cluster.ts';

const ONE_STEP: TaskSpec = { steps: [{ name: 'compile', image: 'busybox', script: 'make' }] };

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

describe('a TaskRun that succeeds', () => {
  test('starts, gets one Pod, and is written once', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    const result = await cluster.reconcile();
    expect(cluster.requests).toEqual(['POST pods', 'PUT taskruns']);
    expect(cluster.condition).toBe('Unknown Pending: Pending');
    expect(cluster.status).toMatchObject({
      podName: 'build-pod',
      startTime: '2026-05-01T10:00:00.250Z',
      observedGeneration: 1,
      taskSpec: ONE_STEP,
    });
    expect(result).toEqual({ requeueAfterMs: 3_600_000 });
    expect(cluster.events).toEqual(['Normal Started']);
  });

  test('a second reconcile of the same state writes nothing', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    await cluster.reconcile();
    cluster.requests.length = 0;
    await cluster.reconcile();
    expect(cluster.requests).toEqual([]);
    expect(cluster.events).toHaveLength(1);
  });

  test('ends with its steps, their starts in milliseconds, and its results', async () => {
    cluster.createTaskRun({ taskSpec: { ...ONE_STEP, results: [{ name: 'digest' }] } });
    await cluster.reconcile();
    cluster.setPodStatus({
      phase: 'Running',
      containerStatuses: [ended('step-compile', { results: { digest: 'sha' } })],
    });
    cluster.now += 4000;
    expect(await cluster.reconcile()).toBeUndefined();
    expect(cluster.condition).toBe('True Succeeded: All Steps have completed executing');
    expect(cluster.status.completionTime).toBe('2026-05-01T10:00:04.250Z');
    expect(cluster.status.results).toEqual([{ name: 'digest', type: 'string', value: 'sha' }]);
    expect(cluster.status.steps?.[0]).toMatchObject({
      name: 'compile',
      container: 'step-compile',
      terminationReason: 'Completed',
      terminated: { startedAt: '2026-05-01T10:00:02.345Z', finishedAt: '2026-05-01T10:00:03Z', exitCode: 0 },
    });
    expect(cluster.events.at(-1)).toBe('Normal Succeeded All Steps have completed executing');
  });

  test('is not worked on twice while the watch has not brought what was written', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    const before = cluster.taskRun;
    await cluster.reconcile();
    cluster.requests.length = 0;
    const answer = cluster.taskRun;
    cluster.taskRuns.set(before);
    cluster.context.written.note(answer, before);
    await cluster.reconcile();
    expect(cluster.requests).toEqual([]);
  });

  test('is not changed afterwards', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    await cluster.reconcile();
    cluster.setPodStatus({ phase: 'Succeeded', containerStatuses: [ended('step-compile')] });
    await cluster.reconcile();
    cluster.requests.length = 0;
    await cluster.reconcile();
    expect(cluster.requests).toEqual([]);
  });

  test('its Task is read once, and gives labels to the TaskRun and its Pod', async () => {
    const path = `/apis/tekton.dev/v1/namespaces/${NAMESPACE}/tasks/maker`;
    const metadata = {
      name: 'maker',
      labels: { team: 'a' },
      annotations: { note: 'x', 'tekton/trace-exported': 'no' },
    };
    const task = { metadata, spec: { ...ONE_STEP, params: [{ name: 'target' }] } };
    cluster.objects.set(path, task);
    cluster.createTaskRun({ taskRef: { name: 'maker' }, params: [{ name: 'target', value: 'all' }] });
    await cluster.reconcile();
    await cluster.reconcile();
    expect(cluster.requests).toEqual(['GET tasks', 'POST pods', 'PATCH taskruns', 'PUT taskruns']);
    expect(cluster.taskRun.metadata).toMatchObject({ labels: { team: 'a', 'tekton.dev/task': 'maker' } });
    expect(cluster.taskRun.metadata.annotations).toEqual({ note: 'x' });
    expect(cluster.pod()?.metadata.labels).toMatchObject({ team: 'a', 'tekton.dev/task': 'maker' });
  });
});

describe('a TaskRun that fails', () => {
  test('with the step, its exit code and reason', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    await cluster.reconcile();
    cluster.setPodStatus({ phase: 'Failed', containerStatuses: [ended('step-compile', { exitCode: 2 })] });
    await cluster.reconcile();
    expect(cluster.condition).toBe('False StepFailed: "step-compile" exited with code 2: Error');
    expect(cluster.events.at(-1)).toBe('Warning Failed "step-compile" exited with code 2: Error');
  });

  test.each([
    [
      'an unknown Task',
      { taskRef: { name: 'gone' } },
      'TaskRunResolutionFailed',
      'Task "gone" not found in namespace "ci"',
    ],
    ['no Task at all', {}, 'TaskRunResolutionFailed', 'set spec.taskRef.name or spec.taskSpec'],
    ['a resolver', { taskRef: { resolver: 'git' } }, 'TaskRunResolutionFailed', 'resolvers and bundles'],
    ['no steps', { taskSpec: {} }, 'TaskRunValidationFailed', 'spec.taskSpec.steps'],
    [
      'a step that only its image could tell how to run',
      { taskSpec: { steps: [{ name: 'run', image: 'busybox' }] } },
      'TaskRunValidationFailed',
      'spec.taskSpec.steps[0]: step "run" has neither command nor script',
    ],
    [
      'a StepAction',
      { taskSpec: { steps: [{ name: 'run', ref: { name: 'clone' } }] as object[] } },
      'TaskRunValidationFailed',
      'spec.taskSpec.steps[0].ref',
    ],
    [
      'a param without value',
      { taskSpec: { ...ONE_STEP, params: [{ name: 'target' }] } },
      'TaskRunValidationFailed',
      'missing values for these params which have no default values: [target]',
    ],
    [
      'an unbound workspace',
      { taskSpec: { ...ONE_STEP, workspaces: [{ name: 'source' }] } },
      'TaskRunValidationFailed',
      'declared workspace "source" is required but has not been bound',
    ],
    [
      'an undeclared result',
      { taskSpec: { steps: [{ name: 'a', image: 'x', script: 'echo > $(results.r.path)' }] } },
      'TaskRunValidationFailed',
      '$(results.r.path)',
    ],
  ])('without a Pod for %s', async (_what, spec, reason, message) => {
    cluster.createTaskRun(spec);
    expect(await cluster.reconcile()).toBeUndefined();
    expect(cluster.condition).toContain(`False ${reason}: `);
    expect(cluster.condition).toContain(message);
    expect(cluster.pod()).toBeUndefined();
    expect(cluster.status.completionTime).toBeDefined();
  });

  test.each([
    ['ImagePullBackOff', 'TaskRunImagePullFailed', 'failed to pull the image "busybox"'],
    ['CreateContainerConfigError', 'CreateContainerConfigError', 'failed to start'],
    ['CreateContainerError', 'PodCreationFailed', 'failed to start'],
  ])('when a step can not start (%s): the Pod is deleted, the step ends', async (waiting, reason, message) => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    await cluster.reconcile();
    const state = { waiting: { reason: waiting, message: 'no such thing' } };
    cluster.setPodStatus({ phase: 'Pending', containerStatuses: [{ name: 'step-compile', state }] });
    await cluster.reconcile();
    expect(cluster.condition).toBe(
      `False ${reason}: the step "compile" in TaskRun "build" ${message}. The pod errored with the message: "no such thing."`,
    );
    expect(cluster.pod()).toBeUndefined();
    expect(cluster.status.steps?.[0]).toMatchObject({ terminationReason: reason, terminated: { exitCode: 1, reason } });
    expect(cluster.status.steps?.[0]?.waiting).toBeUndefined();
  });

  test('while a pull may still succeed, it waits', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    await cluster.reconcile();
    const state = { waiting: { reason: 'ErrImagePull', message: 'registry is busy' } };
    cluster.setPodStatus({ phase: 'Pending', containerStatuses: [{ name: 'step-compile', state }] });
    await cluster.reconcile();
    expect(cluster.condition).toBe(
      'Unknown PullImageFailed: build step "step-compile" is pending with reason "registry is busy"',
    );
  });
});

describe('a TaskRun that is stopped', () => {
  const running = {
    phase: 'Running',
    containerStatuses: [{ name: 'step-compile', state: { running: { startedAt: '2026-05-01T10:00:01Z' } } }],
  };

  test('by cancellation', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    await cluster.reconcile();
    cluster.setPodStatus(running);
    cluster.changeSpec({ status: 'TaskRunCancelled', statusMessage: 'the PipelineRun was cancelled' });
    await cluster.reconcile();
    expect(cluster.condition).toBe(
      'False TaskRunCancelled: TaskRun "build" was cancelled. the PipelineRun was cancelled',
    );
    expect(cluster.pod()).toBeUndefined();
    expect(cluster.status.steps?.[0]?.terminated).toEqual({
      exitCode: 1,
      reason: 'TaskRunCancelled',
      message: 'Step compile terminated as pod build-pod is terminated',
      startedAt: '2026-05-01T10:00:01Z',
      finishedAt: '2026-05-01T10:00:00.250Z',
    });
  });

  test('by cancellation between the creation of its Pod and the write of its status', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    cluster.failures.set('PUT taskruns', new ApiError('PUT', 500, { message: 'down' }));
    await expect(cluster.reconcile()).rejects.toThrow('down');
    cluster.changeSpec({ status: 'TaskRunCancelled' });
    await cluster.reconcile();
    expect(cluster.pod()).toBeUndefined();
    expect(cluster.condition).toContain('False TaskRunCancelled');
  });

  test('by its timeout, counted from its start', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP, timeout: '90s' });
    expect(await cluster.reconcile()).toEqual({ requeueAfterMs: 90_000 });
    cluster.setPodStatus(running);
    cluster.now += 89_000;
    expect(await cluster.reconcile()).toEqual({ requeueAfterMs: 1000 });
    cluster.now += 1000;
    expect(await cluster.reconcile()).toBeUndefined();
    expect(cluster.condition).toBe('False TaskRunTimeout: TaskRun "build" failed to finish within "1m30s"');
    expect(cluster.pod()).toBeUndefined();
  });

  test('never by a timeout of 0', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP, timeout: '0' });
    expect(await cluster.reconcile()).toBeUndefined();
    cluster.now += 1e12;
    await cluster.reconcile();
    expect(cluster.condition).toContain('Unknown');
  });

  test('not at all if another controller executes it, or it is being deleted', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP, managedBy: 'example.com/other' });
    await cluster.reconcile();
    cluster.changeSpec({ managedBy: 'tektrace.dev/controller' });
    const taskRun = cluster.taskRun;
    cluster.taskRuns.set({ ...taskRun, metadata: { ...taskRun.metadata, deletionTimestamp: '2026-05-01T10:00:00Z' } });
    await cluster.reconcile();
    expect(cluster.requests).toEqual([]);
  });
});

describe('a TaskRun with retries', () => {
  test('archives the failed attempt and runs another Pod', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP, retries: 1 });
    await cluster.reconcile();
    cluster.setPodStatus({ phase: 'Failed', containerStatuses: [ended('step-compile', { exitCode: 1 })] });
    await cluster.reconcile();
    expect(cluster.condition).toBe('Unknown ToBeRetried: "step-compile" exited with code 1: Error');
    expect(cluster.status).not.toHaveProperty('startTime');
    expect(cluster.status).not.toHaveProperty('completionTime');
    expect(cluster.status.retriesStatus).toHaveLength(1);
    expect(cluster.status.retriesStatus?.[0]).toMatchObject({
      podName: 'build-pod',
      conditions: [{ status: 'False', reason: 'StepFailed' }],
      steps: [{ name: 'compile' }],
    });
    await cluster.reconcile();
    expect(cluster.status.podName).toBe('build-pod-retry1');
    cluster.setPodStatus(
      { phase: 'Failed', containerStatuses: [ended('step-compile', { exitCode: 3 })] },
      'build-pod-retry1',
    );
    await cluster.reconcile();
    expect(cluster.condition).toBe('False StepFailed: "step-compile" exited with code 3: Error');
    expect(cluster.status.retriesStatus).toHaveLength(1);
  });

  test('is not repeated when it was cancelled', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP, retries: 3 });
    await cluster.reconcile();
    cluster.changeSpec({ status: 'TaskRunCancelled' });
    await cluster.reconcile();
    expect(cluster.condition).toContain('False TaskRunCancelled');
    expect(cluster.status.retriesStatus).toBeUndefined();
  });
});

describe('its Pod', () => {
  test('is made again when it was deleted', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    await cluster.reconcile();
    cluster.pods.delete(`${NAMESPACE}/build-pod`);
    cluster.requests.length = 0;
    await cluster.reconcile();
    expect(cluster.requests).toEqual(['GET pods', 'POST pods']);
    expect(cluster.pod()).toBeDefined();
  });

  test('is adopted when it exists already and is ours', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    await cluster.reconcile();
    const { status: _status, ...unwritten } = cluster.taskRun;
    cluster.context.written.forget(cluster.taskRun);
    cluster.context.created.forgetOwner('uid-of-build');
    cluster.taskRuns.set(unwritten);
    cluster.cacheIsBehind = true;
    cluster.requests.length = 0;
    await cluster.reconcile();
    expect(cluster.requests).toEqual(['POST pods', 'GET pods', 'PUT taskruns']);
    expect(cluster.status.podName).toBe('build-pod');
  });

  test("of somebody else's is not taken over", async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    cluster.pods.set({ metadata: { name: 'build-pod', namespace: NAMESPACE, uid: 'other' } });
    await cluster.reconcile();
    expect(cluster.condition).toContain('False PodCreationFailed');
    expect(cluster.condition).toContain('has another owner');
  });

  test("is deleted with a cancelled TaskRun; somebody else's of that name is not", async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    await cluster.reconcile();
    cluster.pods.set({ metadata: { name: 'build-pod', namespace: NAMESPACE, uid: 'other' } });
    cluster.changeSpec({ status: 'TaskRunCancelled' });
    await cluster.reconcile();
    expect(cluster.condition).toContain('False TaskRunCancelled');
    expect(cluster.requests).not.toContain('DELETE pods');
    expect(cluster.pod()?.metadata.uid).toBe('other');
  });

  test.each([
    [
      'waits for quota',
      new ApiError('POST', 403, { message: 'exceeded quota: small' }),
      'Unknown ExceededResourceQuota',
      { requeueAfterMs: 60_000 },
    ],
    [
      'waits for the quota controller',
      new ApiError('POST', 409, { reason: 'Conflict', details: { kind: 'resourcequotas' } }),
      'Unknown Pending: tried to create pod',
      { requeueAfterMs: 1000 },
    ],
    [
      'is refused by Pod security',
      new ApiError('POST', 403, { message: 'violates PodSecurity "restricted"' }),
      'False PodAdmissionFailed',
      undefined,
    ],
    [
      'is invalid',
      new ApiError('POST', 422, { message: 'spec.containers[0].image: Required value' }),
      'False PodCreationFailed: failed to create task run pod "build": spec.containers[0].image: Required value. Maybe invalid TaskSpec',
      undefined,
    ],
  ])('%s', async (_what, error, condition, result) => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    cluster.failures.set('POST pods', error);
    expect(await cluster.reconcile()).toEqual(result);
    expect(cluster.condition).toContain(condition);
  });

  test('is tried again when the API server is unreachable: the run does not fail', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    cluster.failures.set('POST pods', new ConnectionError('POST pods', new Error('refused')));
    await expect(cluster.reconcile()).rejects.toThrow('refused');
    await cluster.reconcile();
    expect(cluster.condition).toContain('Unknown');
  });

  test('a status written on an outdated TaskRun is a conflict, to be tried again', async () => {
    cluster.createTaskRun({ taskSpec: ONE_STEP });
    cluster.failures.set('PUT taskruns', new ApiError('PUT', 409, { reason: 'Conflict' }));
    await expect(cluster.reconcile()).rejects.toMatchObject({ status: 409 });
  });
});
