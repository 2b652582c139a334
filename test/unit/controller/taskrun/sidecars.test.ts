import { beforeEach, expect, test } from '@jest/globals';

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

const ready = (): string | undefined => cluster.pod()?.metadata.annotations?.['tekton.dev/ready'];
const sidecarImage = (): string | undefined => cluster.pod()?.spec?.containers[1]?.image;

test('the first step starts once the sidecar is ready, and is told so once', async () => {
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
