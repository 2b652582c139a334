import { beforeEach, expect, test } from '@jest/globals';

import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import type { TaskRunSpec, TaskSpec } from '../../../../shared/tekton/types.ts';
import { ended, FakeCluster, NAMESPACE } from './support/fake-cluster.ts';

const ONE_STEP: TaskSpec = { steps: [{ name: 'compile', image: 'busybox', script: 'make' }] };
const refused = (status: number): ApiError => new ApiError('request', status, { message: 'not like that' });

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

const createTask = (name: string): void => {
  const path = `/apis/tekton.dev/v1/namespaces/${NAMESPACE}/tasks/${name}`;
  cluster.objects.set(path, { metadata: { name }, spec: ONE_STEP } as { metadata: { name: string } });
};

test('params that would fill the memory end the TaskRun', async () => {
  const script = '$(params.p)'.repeat(1000);
  const params = [{ name: 'p', value: 'x'.repeat(100_000) }];
  cluster.createTaskRun({
    params,
    taskSpec: { params: [{ name: 'p' }], steps: [{ name: 's', image: 'busybox', script }] },
  });
  await cluster.reconcile();
  expect(cluster.condition).toContain('False TaskRunValidationFailed');
  expect(cluster.condition).toContain('more than 16 MiB together');
  expect(cluster.pod()).toBeUndefined();
});

test('more steps than a Pod can have, and an error for each of very many references, end the TaskRun with a short message', async () => {
  const steps = Array.from({ length: 501 }, (_, index) => ({
    name: `s${index}`,
    image: 'busybox',
    script: '$(params.x)',
  }));
  cluster.createTaskRun({ taskSpec: { steps } });
  await cluster.reconcile();
  expect(cluster.condition).toContain('False TaskRunValidationFailed');
  expect(cluster.condition).toContain('spec.taskSpec.steps: a Pod has no room for 501 steps, 500 at most');
  expect(cluster.condition).toMatch(/; and 452 more$/);
  expect(cluster.condition?.length).toBeLessThan(60_000);
});

test("a Task's labels that the API server refuses end the TaskRun, and its Pod goes", async () => {
  createTask('maker');
  cluster.createTaskRun({ taskRef: { name: 'maker' } });
  cluster.failures.set('PATCH taskruns', refused(422));
  await cluster.reconcile();
  expect(cluster.condition).toContain('False TaskRunValidationFailed');
  expect(cluster.condition).toContain('not like that');
  expect(cluster.pod()).toBeUndefined();
});

test('a long Task name gives a label value that the API server takes', async () => {
  const name = `${'a'.repeat(62)}.b`;
  createTask(name);
  cluster.createTaskRun({ taskRef: { name } });
  await cluster.reconcile();
  expect(cluster.taskRun.metadata.labels?.['tekton.dev/task']).toBe('a'.repeat(62));
});

test('a status that the API server refuses ends the TaskRun with the status it had', async () => {
  cluster.createTaskRun({ taskSpec: ONE_STEP });
  await cluster.reconcile();
  cluster.setPodStatus({ phase: 'Succeeded', containerStatuses: [ended('step-compile')] });
  cluster.failures.set('PUT taskruns', refused(413));
  await cluster.reconcile();
  expect(cluster.condition).toContain("False Failed: the TaskRun's status can't be written");
  expect(cluster.status.steps).toBeUndefined();
  expect(cluster.pod()).toBeDefined();
});

test('a Pod that may not be deleted does not keep the TaskRun past its timeout', async () => {
  cluster.createTaskRun({ taskSpec: ONE_STEP, timeout: '1s' });
  await cluster.reconcile();
  cluster.now += 1000;
  cluster.failures.set('DELETE pods', refused(403));
  await cluster.reconcile();
  expect(cluster.condition).toContain('False TaskRunTimeout');
  expect(cluster.condition).toContain("can't be deleted: request: 403 not like that");
});

test('a claim that is refused ends the TaskRun, a quota for it may become free', async () => {
  const taskSpec = { ...ONE_STEP, workspaces: [{ name: 'w' }] };
  cluster.createTaskRun({ taskSpec, workspaces: [{ name: 'w', volumeClaimTemplate: { spec: {} } }] });
  const quota = new ApiError('POST', 403, { message: 'exceeded quota: small' });
  cluster.failures.set('POST persistentvolumeclaims', quota);
  await expect(cluster.reconcile()).rejects.toBe(quota);
  cluster.failures.set('POST persistentvolumeclaims', refused(422));
  await cluster.reconcile();
  expect(cluster.condition).toContain('False CouldntCreateWorkspacePVC');
});

test.each([409, 429, 500])('a Pod whose creation is answered with %d is tried again', async (status) => {
  cluster.createTaskRun({ taskSpec: ONE_STEP });
  cluster.failures.set('POST pods', new ApiError('POST', status, { reason: 'Conflict' }));
  await expect(cluster.reconcile()).rejects.toMatchObject({ status });
  await cluster.reconcile();
  expect(cluster.pod()).toBeDefined();
});

test.each<[string, string, TaskRunSpec, string]>([
  ['a name of more than 63 characters', 'x'.repeat(64), { taskSpec: ONE_STEP }, 'is longer than 63 characters'],
  [
    'a taskRef with control characters',
    'build',
    { taskRef: { name: 'a\u0007' } },
    String.raw`spec.taskRef.name: "a\u0007" is not a valid name`,
  ],
])('%s is refused', async (_what, name, spec, message) => {
  cluster.createTaskRun(spec, name);
  await cluster.reconcile(name);
  const condition = cluster.taskRuns.get(`${NAMESPACE}/${name}`)?.status?.conditions?.[0];
  expect(condition?.reason).toBe('TaskRunValidationFailed');
  expect(condition?.message).toContain(message);
  expect(cluster.requests).toEqual(['PUT taskruns']);
});

test('a field that no webhook has refused ends the TaskRun before its Pod', async () => {
  cluster.createTaskRun({ taskSpec: ONE_STEP, retries: -1 });
  await cluster.reconcile();
  expect(cluster.condition).toContain('False TaskRunValidationFailed: spec.retries: -1 is negative');
  expect(cluster.pod()).toBeUndefined();
});
