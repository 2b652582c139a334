import { expect, test } from '@jest/globals';

import { isOwnedBy, taskRunOwner } from '../../../../controller/model/task-run-owner.ts';
import type { TaskRun } from '../../../../shared/tekton/types.ts';

const taskRun: TaskRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'TaskRun',
  metadata: { name: 'build', namespace: 'ci', uid: 'uid-build' },
  spec: {},
};
const pod = (namespace: string, uid: string) => ({
  metadata: { name: 'build-pod', namespace, ownerReferences: [{ ...taskRunOwner(taskRun), uid }] },
});

test('a TaskRun owns what names its uid in its own namespace, and nothing of another namespace', () => {
  expect(isOwnedBy(pod('ci', 'uid-build'), taskRun)).toBe(true);
  expect(isOwnedBy(pod('ci', 'uid-other'), taskRun)).toBe(false);
  expect(isOwnedBy(pod('other', 'uid-build'), taskRun)).toBe(false);
});
