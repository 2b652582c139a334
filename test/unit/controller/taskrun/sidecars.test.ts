import { beforeEach, expect, test } from '@jest/globals';

import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import type { TaskSpec } from '../../../../shared/tekton/types.ts';
import { ended, FakeCluster } from './support/fake-cluster.ts';

const WITH_SIDECAR: TaskSpec = {
  steps: [{ name: 'test', image: 'node', script: 'npm test' }],
  sidecars: [{ name: 'db', image: 'postgres' }],
};
const running = { running: { startedAt: '2026-05-01T10:00:01Z' } };

let cluster: FakeCluster;
beforeEach(async () => {
  cluster = new FakeCluster();
  cluster.createTaskRun({ taskSpec: WITH_SIDECAR });
  await cluster.reconcile();
});

const failedAttempt = (podName: string): void =>
  cluster.setPodStatus(
    {
      phase: 'Running',
      containerStatuses: [{ name: 'sidecar-db', state: running, ready: true }, ended('step-test', { exitCode: 1 })],
    },
    podName,
  );
const imageIn = (podName: string): string | undefined => cluster.pod(podName)?.spec?.containers[1]?.image;

const ready = (): string | undefined => cluster.pod()?.metadata.annotations?.['tekton.dev/ready'];
const sidecarImage = (): string | undefined => cluster.pod()?.spec?.containers[1]?.image;

test('the first step starts when the sidecar is ready, with one patch', async () => {
  const step = { name: 'step-test', state: running };
  cluster.setPodStatus({
    phase: 'Running',
    containerStatuses: [{ name: 'sidecar-db', state: running, ready: false }, step],
  });
  await cluster.reconcile();
  expect(ready()).toBeUndefined();
  cluster.setPodStatus({
    phase: 'Running',
    containerStatuses: [{ name: 'sidecar-db', state: running, ready: true }, step],
  });
  await cluster.reconcile();
  expect(ready()).toBe('READY');
  await cluster.reconcile();
  expect(cluster.requests.filter((request) => request === 'PATCH pods')).toHaveLength(1);
});

test('when the steps are done the sidecar is stopped, and its end is noted', async () => {
  const step = ended('step-test');
  cluster.setPodStatus({
    phase: 'Running',
    containerStatuses: [{ name: 'sidecar-db', state: running, ready: true }, step],
  });
  await cluster.reconcile();
  expect(cluster.condition).toContain('True Succeeded');
  await cluster.reconcile();
  expect(sidecarImage()).toBe(cluster.context.images.nop);

  const lastState = {
    terminated: { exitCode: 137, startedAt: '2026-05-01T10:00:01Z', finishedAt: '2026-05-01T10:00:09Z' },
  };
  const stopped = { name: 'sidecar-db', state: { terminated: { exitCode: 0, reason: 'Completed' } }, lastState };
  cluster.setPodStatus({ phase: 'Succeeded', containerStatuses: [stopped, step] });
  await cluster.reconcile();
  expect(cluster.status.sidecars).toEqual([
    {
      name: 'db',
      container: 'sidecar-db',
      terminated: {
        ...lastState.terminated,
        reason: 'Completed',
        message: 'Sidecar container successfully stopped by nop image',
      },
    },
  ]);
  cluster.requests.length = 0;
  await cluster.reconcile();
  expect(cluster.requests).toEqual([]);
});

test('the sidecar of an attempt that failed is stopped when the next attempt starts', async () => {
  cluster.changeSpec({ retries: 2 });
  failedAttempt('build-pod');
  await cluster.reconcile();
  expect(cluster.condition).toContain('ToBeRetried');
  expect(imageIn('build-pod')).toBe(cluster.context.images.nop);
  await cluster.reconcile();
  expect(imageIn('build-pod-retry1')).toBe('postgres');
  failedAttempt('build-pod-retry1');
  await cluster.reconcile();
  expect(imageIn('build-pod-retry1')).toBe(cluster.context.images.nop);
});

test('a sidecar of a former attempt that starts only after the TaskRun has ended is stopped too', async () => {
  cluster.changeSpec({ retries: 1 });
  const waiting = { name: 'sidecar-db', state: { waiting: { reason: 'ContainerCreating' } } };
  const step = ended('step-test', { exitCode: 1 });
  cluster.setPodStatus({ phase: 'Running', containerStatuses: [waiting, step] });
  await cluster.reconcile();
  await cluster.reconcile();
  cluster.setPodStatus({ phase: 'Failed', containerStatuses: [step] }, 'build-pod-retry1');
  await cluster.reconcile();
  expect(cluster.condition).toContain('False StepFailed');
  expect(imageIn('build-pod')).toBe('postgres');
  failedAttempt('build-pod');
  await cluster.reconcile();
  expect(imageIn('build-pod')).toBe(cluster.context.images.nop);
});

test('a refused stop of a sidecar does not change the finished TaskRun', async () => {
  failedAttempt('build-pod');
  await cluster.reconcile();
  cluster.failures.set('PATCH pods', new ApiError('PATCH', 403, { message: 'may not patch' }));
  await cluster.reconcile();
  expect(cluster.condition).toContain('False StepFailed');
});

test('a refused start of the first step fails the TaskRun, and its Pod is deleted', async () => {
  const step = { name: 'step-test', state: running };
  cluster.setPodStatus({
    phase: 'Running',
    containerStatuses: [{ name: 'sidecar-db', state: running, ready: true }, step],
  });
  cluster.failures.set('PATCH pods', new ApiError('PATCH', 403, { message: 'may not patch' }));
  await cluster.reconcile();
  expect(cluster.condition).toContain(
    'False Failed: Pod "build-pod" can\'t get the annotation that its sidecars are ready',
  );
  expect(cluster.pod()).toBeUndefined();
});
