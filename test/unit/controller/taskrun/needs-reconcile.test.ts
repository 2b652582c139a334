import { describe, expect, test } from '@jest/globals';

import { podNeedsReconcile, taskRunNeedsReconcile } from '../../../../controller/taskrun/needs-reconcile.ts';
import type { Pod } from '../../../../shared/kubernetes/pod.ts';
import type { ObjectMeta } from '../../../../shared/kubernetes/types.ts';
import type { TaskRun, TaskRunStatus } from '../../../../shared/tekton/types.ts';

const taskRun = (metadata: ObjectMeta = {}, status: TaskRunStatus = {}): TaskRun => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'build', uid: 'uid', generation: 1, ...metadata },
  spec: {},
  status,
});
const condition = (status: 'True' | 'Unknown', reason: string): TaskRunStatus => ({
  conditions: [{ type: 'Succeeded', status, reason }],
});

describe('a changed TaskRun is reconciled', () => {
  test.each<[string, TaskRun, TaskRun]>([
    ['when its spec changes (cancellation)', taskRun(), taskRun({ generation: 2 })],
    ['when it is being deleted', taskRun(), taskRun({ deletionTimestamp: '2026-05-01T10:00:00Z' })],
    ['when another one of its name took its place', taskRun(), taskRun({ uid: 'other' })],
    ['when its span context arrives', taskRun(), taskRun({ annotations: { 'tekton/taskrun-span-context': '{}' } })],
    ['when it is to be tried again', taskRun(), taskRun({}, { retriesStatus: [{}] })],
    ['when it has ended: sidecars', taskRun(), taskRun({}, condition('True', 'Succeeded'))],
  ])('%s', (_what, before, after) => expect(taskRunNeedsReconcile(after, before)).toBe(true));
});

describe('a changed TaskRun is not reconciled', () => {
  test.each<[string, TaskRun, TaskRun]>([
    ["when the controller's own status comes back", taskRun(), taskRun({}, condition('Unknown', 'Running'))],
    ['when its trace was exported', taskRun(), taskRun({ annotations: { 'tekton/trace-exported': 'uid' } })],
  ])('%s', (_what, before, after) => expect(taskRunNeedsReconcile(after, before)).toBe(false));
});

test('a new Pod causes a reconcile only if it has news', () => {
  const pod: Pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'build-pod' }, status: { phase: 'Pending' } };
  expect(podNeedsReconcile(pod)).toBe(false);
  expect(podNeedsReconcile({ ...pod, status: { phase: 'Running', containerStatuses: [{ name: 'step-a' }] } })).toBe(
    true,
  );
});
