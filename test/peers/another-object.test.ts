import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { isOfAnother } from '../../shared/kubernetes/errors.ts';
import { JSON_PATCH, MERGE_PATCH, PODS, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { startWebhookCluster } from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const OTHER = '00000000-0000-4000-8000-000000000000';
let cluster: WebhookCluster;

beforeAll(async () => {
  cluster = await startWebhookCluster();
}, 300_000);
afterAll(() => cluster.stop());

const containers = [{ name: 'only', image: 'busybox' }];

test.each([
  {
    what: 'a TaskRun that is told to stop',
    resource: TASK_RUNS,
    object: { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name: 'one' }, spec: { taskSpec: {} } },
    contentType: MERGE_PATCH,
    patch: (uid: string): object => ({ metadata: { uid }, spec: { status: 'TaskRunCancelled' } }),
  },
  {
    what: 'a Pod whose sidecars are ended',
    resource: PODS,
    object: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'one' }, spec: { containers } },
    contentType: JSON_PATCH,
    patch: (uid: string): object => [
      { op: 'replace', path: '/metadata/uid', value: uid },
      { op: 'replace', path: '/spec/containers/0/image', value: 'nop' },
    ],
  },
])(
  '$what is patched by its uid, another one of that name refuses',
  async ({ resource, object, contentType, patch }) => {
    const { client } = cluster;
    const created = await client.request<KubeObject>('POST', resourcePath(resource, { namespace: 'default' }), {
      body: object,
    });
    const path = resourcePath(resource, { namespace: 'default', name: 'one' });
    const refusal: unknown = await client
      .request('PATCH', path, { body: patch(OTHER), contentType })
      .catch((error: unknown) => error);
    expect(isOfAnother(refusal)).toBe(true);
    const uid = created.metadata.uid ?? '';
    const patched = await client.request<KubeObject>('PATCH', path, { body: patch(uid), contentType });
    expect(patched.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
  },
);
