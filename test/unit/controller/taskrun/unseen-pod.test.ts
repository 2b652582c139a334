import { beforeEach, expect, test } from '@jest/globals';

import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import { FakeCluster } from './support/fake-cluster.ts';

const taskSpec = { steps: [{ name: 'compile', image: 'busybox', script: 'make' }] };

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

/** The status that would have named the Pod was not written, and the watch has not brought it. */
async function createsUnseen(): Promise<void> {
  cluster.createTaskRun({ taskSpec });
  cluster.cacheIsBehind = true;
  cluster.failures.set('PUT taskruns', new ApiError('PUT', 409, { reason: 'Conflict' }));
  await expect(cluster.reconcile()).rejects.toMatchObject({ status: 409 });
  expect(cluster.pod()).toBeDefined();
  expect(cluster.status.podName).toBeUndefined();
}

test('a Pod in neither the status nor the cache is deleted with its cancelled TaskRun', async () => {
  await createsUnseen();
  cluster.changeSpec({ status: 'TaskRunCancelled' });
  await cluster.reconcile();
  expect(cluster.condition).toContain('False TaskRunCancelled');
  expect(cluster.status.podName).toBe('build-pod');
  expect(cluster.pod()).toBeUndefined();
  expect(cluster.context.created.size).toBe(0);
});

test('it is deleted if the TaskRun can not be executed', async () => {
  await createsUnseen();
  cluster.changeSpec({ taskSpec: undefined, taskRef: { name: 'A/../b' } });
  await cluster.reconcile();
  expect(cluster.condition).toContain('False TaskRunValidationFailed');
  expect(cluster.pod()).toBeUndefined();
});

test('otherwise the TaskRun uses it', async () => {
  await createsUnseen();
  cluster.requests.length = 0;
  await cluster.reconcile();
  expect(cluster.requests).toEqual(['GET pods', 'PUT taskruns']);
  expect(cluster.status.podName).toBe('build-pod');
});

test('a Pod that was never created, or was refused, is not asked for', async () => {
  cluster.createTaskRun({ taskSpec });
  cluster.failures.set('POST pods', new ApiError('POST', 403, { message: 'exceeded quota: small' }));
  await cluster.reconcile();
  cluster.changeSpec({ status: 'TaskRunCancelled' });
  await cluster.reconcile();
  expect(cluster.requests).toEqual(['POST pods', 'PUT taskruns', 'PUT taskruns']);
});
