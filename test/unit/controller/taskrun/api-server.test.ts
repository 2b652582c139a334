import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from '@jest/globals';
import { parse } from 'yaml';

import { createPolicy } from '../../../../controller/policy.ts';
import { createDrive } from '../../../../controller/drive.ts';
import { createWatches, runWatches } from '../../../../controller/watch/watches.ts';
import { LOCAL_IMAGES } from '../../../../controller/taskrun/pod/images.ts';
import { startApiServer } from '../../../../local/apiserver/server.ts';
import { createKubeClient } from '../../../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../../../shared/kubernetes/kubeconfig.ts';
import type { Pod, PodStatus } from '../../../../shared/kubernetes/pod.ts';
import { MERGE_PATCH, PODS, resourcePath, TASK_RUNS } from '../../../../shared/kubernetes/resources.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { succeededCondition } from '../../../../shared/tekton/conditions.ts';
import type { TaskRun } from '../../../../shared/tekton/types.ts';
import { noRunTracing } from '../../../../shared/tracing/run-tracing.ts';
import { ended } from './support/fake-cluster.ts';

const CRDS = new URL('../../../../helm/tektrace/files/crds/', import.meta.url);
const namespace = 'default';

test('against an API server with watches and schemas: from creation to result, in few requests', async () => {
  const crds = readdirSync(CRDS).map((file) => parse(readFileSync(new URL(file, CRDS), 'utf8')) as object);
  const server = await startApiServer({ crds });
  const client = createKubeClient(loadKubeConfig({ text: await server.kubeconfig() }));
  const requests: string[] = [];
  const counted: typeof client = {
    ...client,
    request: (method, path, options) => {
      if (!path.endsWith('/events')) requests.push(`${method} ${path.replace(/.*\/default\//, '')}`);
      return client.request(method, path, options);
    },
  };
  const podCreated = Promise.withResolvers<Pod>();
  const podKnown = Promise.withResolvers<void>();
  const isRunning = Promise.withResolvers<void>();
  const isFinished = Promise.withResolvers<TaskRun>();
  const note = (taskRun: TaskRun): void => {
    if (taskRun.status?.podName !== undefined) podKnown.resolve();
    if (succeededCondition(taskRun)?.reason === 'Running') isRunning.resolve();
    if (succeededCondition(taskRun)?.status === 'True') isFinished.resolve(taskRun);
  };
  const log = silentLogger;
  const watches = createWatches({ client: counted, transformRun: (run) => run, log });
  const drive = createDrive({
    client: counted,
    watches,
    tracing: noRunTracing,
    policy: createPolicy({ manage: 'all', sampling: { ratio: 1 }, keepFailures: true }),
    images: LOCAL_IMAGES,
    log,
  });
  watches.taskRuns.addHandler({ added: note, updated: note, deleted: () => undefined });
  watches.pods.addHandler({ added: podCreated.resolve, updated: () => undefined, deleted: () => undefined });
  const stopping = new AbortController();
  const { synced, ended: watchesEnded } = runWatches(watches, stopping.signal);
  await synced;
  drive.start();
  try {
    const setPodStatus = (status: PodStatus): Promise<unknown> => {
      const path = resourcePath(PODS, { namespace, name: 'build-pod', subresource: 'status' });
      return client.request('PATCH', path, { body: { status }, contentType: MERGE_PATCH });
    };
    const taskSpec = { results: [{ name: 'size' }], steps: [{ name: 'a', image: 'busybox', script: 'make' }] };
    const body = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', metadata: { name: 'build' }, spec: { taskSpec } };
    await client.request('POST', resourcePath(TASK_RUNS, { namespace }), { body });
    // Each kind has a watch of its own: with an older TaskRun the status of the Pod would cost a conflict.
    await Promise.all([podCreated.promise, podKnown.promise]);
    const running = { name: 'step-a', image: 'busybox', state: { running: { startedAt: '2026-05-01T10:00:01Z' } } };
    await setPodStatus({ phase: 'Running', containerStatuses: [running] });
    await isRunning.promise;
    await setPodStatus({ phase: 'Succeeded', containerStatuses: [ended('step-a', { results: { size: '7' } })] });
    const { status } = await isFinished.promise;
    expect(status).toMatchObject({
      podName: 'build-pod',
      results: [{ name: 'size', type: 'string', value: '7' }],
      steps: [{ name: 'a', terminated: { startedAt: '2026-05-01T10:00:02.345Z' } }],
    });
  } finally {
    stopping.abort();
    await Promise.all([drive.stop(), watchesEnded]);
    client.close();
    await server.close();
  }
  expect(requests.filter((request) => !request.startsWith('GET'))).toEqual([
    'POST pods',
    ...Array<string>(3).fill('PUT taskruns/build/status'),
  ]);
});
