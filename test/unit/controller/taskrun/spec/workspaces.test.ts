import { beforeEach, describe, expect, test } from '@jest/globals';

import { ApiError } from '../../../../../shared/kubernetes/errors.ts';
import type { TaskSpec, WorkspaceBinding, WorkspaceDeclaration } from '../../../../../shared/tekton/types.ts';
import { FakeCluster, NAMESPACE } from '../support/fake-cluster.ts';

let cluster: FakeCluster;
beforeEach(() => {
  cluster = new FakeCluster();
});

async function run(workspaces: WorkspaceBinding[], declarations: WorkspaceDeclaration[], rest: Partial<TaskSpec> = {}) {
  const steps = [{ name: 'a', image: 'x', script: 'ls' }];
  cluster.createTaskRun({ workspaces, taskSpec: { workspaces: declarations, steps, ...rest } });
  await cluster.reconcile();
  const { volumes = [], containers = [] } = cluster.pod()?.spec ?? {};
  return {
    volumes: volumes.filter(({ name }) => name.startsWith('ws-')),
    mounts: (containers[0]?.volumeMounts ?? []).filter(({ name }) => name.startsWith('ws-')),
    containers,
  };
}

describe('a bound workspace', () => {
  test.each<[string, Omit<WorkspaceBinding, 'name'>]>([
    ['emptyDir', { emptyDir: { medium: 'Memory' } }],
    ['persistentVolumeClaim', { persistentVolumeClaim: { claimName: 'mine' } }],
    ['configMap', { configMap: { name: 'conf' } }],
    ['secret', { secret: { secretName: 'key' } }],
    ['projected', { projected: { sources: [{ configMap: { name: 'conf' } }] } }],
  ])('%s is a volume, mounted in every step', async (_what, source) => {
    const { volumes, mounts } = await run([{ name: 'source', ...source }], [{ name: 'source' }]);
    expect(volumes).toEqual([{ name: volumes[0]?.name, ...source }]);
    expect(volumes[0]?.name).toMatch(/^ws-[0-9a-f]{5}$/);
    expect(mounts).toEqual([{ name: volumes[0]?.name, mountPath: '/workspace/source' }]);
  });

  test('is mounted as declared: path, subPath (with params in it), read-only', async () => {
    const { mounts } = await run(
      [{ name: 'source', subPath: 'dir-$(params.id)', emptyDir: {} }],
      [{ name: 'source', mountPath: '/src', readOnly: true }],
      { params: [{ name: 'id', default: '7' }] },
    );
    expect(mounts).toEqual([{ name: mounts[0]?.name, mountPath: '/src', subPath: 'dir-7', readOnly: true }]);
  });

  test('of one claim twice is one volume', async () => {
    const claim = { persistentVolumeClaim: { claimName: 'mine' } };
    const { volumes, mounts } = await run(
      [
        { name: 'a', ...claim, subPath: 'a' },
        { name: 'b', ...claim, subPath: 'b' },
      ],
      [{ name: 'a' }, { name: 'b' }],
    );
    expect(volumes).toHaveLength(1);
    expect(mounts.map(({ mountPath }) => mountPath)).toEqual(['/workspace/a', '/workspace/b']);
  });

  test('that an embedded task does not declare is mounted, too', async () => {
    const { mounts } = await run([{ name: 'extra', emptyDir: {} }], []);
    expect(mounts.map(({ mountPath }) => mountPath)).toEqual(['/workspace/extra']);
  });

  test('is in sidecars too, unless they mount something else there', async () => {
    const own = { name: 'own', mountPath: '/workspace/source' };
    const { containers } = await run([{ name: 'source', emptyDir: {} }], [{ name: 'source' }], {
      sidecars: [
        { name: 'shares', image: 'x' },
        { name: 'keeps', image: 'x', volumeMounts: [own] },
      ],
    });
    expect(containers[1]?.volumeMounts?.[0]?.mountPath).toBe('/workspace/source');
    expect(containers[2]?.volumeMounts).toEqual([own]);
  });
});

describe('a volumeClaimTemplate', () => {
  const template = { metadata: { name: 'scratch' }, spec: { resources: { requests: { storage: '1Gi' } } } };
  const binding = { name: 'source', volumeClaimTemplate: template };

  test('becomes a claim that belongs to the TaskRun', async () => {
    const { volumes } = await run([binding], [{ name: 'source' }]);
    const claimName = volumes[0]?.persistentVolumeClaim?.claimName ?? '';
    expect(claimName).toMatch(/^scratch-[0-9a-f]{10}$/);
    const claim = cluster.objects.get(`/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims/${claimName}`);
    expect(claim).toMatchObject({ metadata: { ownerReferences: [{ uid: 'uid-of-build' }] }, spec: template.spec });
  });

  test('that was made before a crash is used again', async () => {
    const path = (name: string) => `/api/v1/namespaces/${NAMESPACE}/persistentvolumeclaims/${name}`;
    const { volumes } = await run([binding], [{ name: 'source' }]);
    const first = volumes[0]?.persistentVolumeClaim?.claimName ?? '';
    const claim = cluster.objects.get(path(first))!;
    cluster = new FakeCluster();
    cluster.objects.set(path(first), claim);
    expect((await run([binding], [{ name: 'source' }])).volumes[0]?.persistentVolumeClaim?.claimName).toBe(first);
  });

  test('that the API server refuses fails the TaskRun', async () => {
    cluster.failures.set(
      'POST persistentvolumeclaims',
      new ApiError('POST', 422, { message: 'spec.accessModes: Required value' }),
    );
    await run([binding], [{ name: 'source' }]);
    expect(cluster.condition).toContain('False CouldntCreateWorkspacePVC: failed to create PVC for TaskRun ci/build');
    expect(cluster.condition).toContain('spec.accessModes: Required value');
  });
});

test.each([
  ['without a source', [{ name: 'a' }], 'it has none of them'],
  ['with two sources', [{ name: 'a', emptyDir: {}, secret: { secretName: 's' } }], 'it has emptyDir, secret'],
  [
    'without a claim name',
    [{ name: 'a', persistentVolumeClaim: {} as never }],
    'missing field persistentVolumeClaim.claimName',
  ],
])('a binding %s fails the TaskRun', async (_what, bindings, message) => {
  await run(bindings, [{ name: 'a' }]);
  expect(cluster.condition).toContain('False TaskRunValidationFailed: binding "a" is invalid');
  expect(cluster.condition).toContain(message);
});
