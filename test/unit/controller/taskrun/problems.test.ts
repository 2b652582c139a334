import { beforeEach, expect, test } from '@jest/globals';

import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import type { TaskSpec } from '../../../../shared/tekton/types.ts';
import { ended, FakeCluster, NAMESPACE } from './support/fake-cluster.ts';

const ONE_STEP: TaskSpec = { steps: [{ name: 'compile', image: 'busybox', script: 'make' }] };
const down = (what = 'etcd is down'): ApiError => new ApiError('POST pods', 500, { message: what });

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

test('a Pod that can not be created for longer than the timeout: started, waiting with the problem, timed out', async () => {
  cluster.createTaskRun({ taskSpec: ONE_STEP, timeout: '1h' });
  for (const minute of [0, 1, 30, 59]) {
    cluster.now = Date.parse('2026-05-01T10:00:00Z') + minute * 60_000;
    cluster.failures.set('POST pods', down());
    await expect(cluster.reconcile()).rejects.toThrow('etcd is down');
    expect(cluster.status.startTime).toBe('2026-05-01T10:00:00.000Z');
    expect(cluster.condition).toBe('Unknown Pending: POST pods: 500 etcd is down');
  }
  expect(cluster.requests.filter((request) => request === 'PUT taskruns')).toHaveLength(1);
  cluster.now = Date.parse('2026-05-01T11:00:00Z');
  cluster.failures.set('POST pods', down());
  await cluster.reconcile();
  expect(cluster.condition).toBe(
    'False TaskRunTimeout: TaskRun "build" failed to finish within "1h0m0s"\nPrevious status: [Pending] POST pods: 500 etcd is down',
  );
});

test('a Task that can not be read gives the same condition, and the TaskRun continues later', async () => {
  cluster.createTaskRun({ taskRef: { name: 'maker' } });
  cluster.failures.set('GET tasks', down());
  await expect(cluster.reconcile()).rejects.toThrow('etcd is down');
  expect(cluster.condition).toContain('etcd is down');
  const path = `/apis/tekton.dev/v1/namespaces/${NAMESPACE}/tasks/maker`;
  cluster.objects.set(path, { metadata: { name: 'maker' }, spec: ONE_STEP } as { metadata: { name: string } });
  await cluster.reconcile();
  expect(cluster.condition).not.toContain('etcd is down');
  expect(cluster.pod()).toBeDefined();
});

test('a Pod that can not be deleted yet: the TaskRun has not ended, and has the reason', async () => {
  cluster.createTaskRun({ taskSpec: ONE_STEP, timeout: '1s' });
  await cluster.reconcile();
  cluster.now += 1000;
  cluster.failures.set('DELETE pods', down());
  await expect(cluster.reconcile()).rejects.toThrow('etcd is down');
  expect(cluster.condition).toContain('Unknown');
  expect(cluster.condition).toContain('etcd is down');
  await cluster.reconcile();
  expect(cluster.condition).toContain('False TaskRunTimeout');
  expect(cluster.pod()).toBeUndefined();
});

test('an attempt that fails is not lost with the error of the same reconcile', async () => {
  cluster.createTaskRun({ taskSpec: ONE_STEP, retries: 1 });
  await cluster.reconcile();
  cluster.setPodStatus({ phase: 'Failed', containerStatuses: [ended('step-compile', { exitCode: 1 })] });
  cluster.failures.set('PUT taskruns', down());
  await expect(cluster.reconcile()).rejects.toThrow('etcd is down');
  await cluster.reconcile();
  expect(cluster.status.retriesStatus).toHaveLength(1);
});

test('a status that can not be written does not hide the error before it', async () => {
  cluster.createTaskRun({ taskSpec: ONE_STEP });
  cluster.failures.set('POST pods', down('no Pods today'));
  cluster.failures.set('PUT taskruns', down('no status today'));
  const error = await cluster.reconcile().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(AggregateError);
  expect((error as AggregateError).errors).toHaveLength(2);
  expect(String(error)).toMatch(/no Pods today.*no status today/);
});

test('a conflict after an error leaves the error', async () => {
  cluster.createTaskRun({ taskSpec: ONE_STEP });
  cluster.failures.set('POST pods', down('no Pods today'));
  cluster.failures.set('PUT taskruns', new ApiError('PUT', 409, { reason: 'Conflict' }));
  await expect(cluster.reconcile()).rejects.toThrow(/^POST pods: 500 no Pods today$/);
});
