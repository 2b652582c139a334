import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runControllers } from '../../controller/compose.ts';
import type { ControllerProcess } from '../../controller/compose.ts';
import { LOCAL_IMAGES } from '../../controller/taskrun/pod/images.ts';
import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import {
  PERSISTENT_VOLUME_CLAIMS,
  PIPELINE_RUNS,
  PODS,
  resourcePath,
  SERVICE_ACCOUNTS,
  TASK_RUNS,
  TASKS,
} from '../../shared/kubernetes/resources.ts';
import type { Resource } from '../../shared/kubernetes/resources.ts';
import type { KubeList, KubeObject } from '../../shared/kubernetes/types.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { CONTROLLER_MANAGER } from '../../shared/tracing/provenance.ts';
import { startFakeNode } from './support/fake-node.ts';
import type { FakeNode } from './support/fake-node.ts';
import { startUpstream } from './support/upstream/processes.ts';
import { until } from './support/until.ts';
import { controllerUser, startWebhookCluster } from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const namespace = 'default';
const managedBy = 'tektrace.dev/controller';
const step = (name: string, more: object = {}): object => ({ name, image: 'busybox', script: 'true', ...more });
const claim = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } } };

/** A run in which every object that upstream's webhook fills in goes into something that this controller creates. */
const pipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'build-' },
  spec: {
    managedBy,
    params: [{ name: 'who', value: 'a' }],
    workspaces: [
      { name: 'source', volumeClaimTemplate: claim },
      { name: 'scratch', emptyDir: {} },
    ],
    taskRunTemplate: { podTemplate: { securityContext: { fsGroup: 1 } } },
    taskRunSpecs: [{ pipelineTaskName: 'plain', metadata: { labels: { team: 'a' } }, serviceAccountName: 'default' }],
    pipelineSpec: {
      params: [{ name: 'who' }, { name: 'list', type: 'array', default: ['x'] }],
      workspaces: [{ name: 'source' }, { name: 'scratch' }],
      tasks: [
        { name: 'plain', taskSpec: { steps: [step('one')] } },
        {
          name: 'rich',
          runAfter: ['plain'],
          retries: 1,
          timeout: '10m',
          workspaces: [{ name: 'source', workspace: 'source' }],
          params: [{ name: 'who', value: '$(params.who)' }],
          when: [{ input: '$(params.who)', operator: 'in', values: ['a'] }],
          taskSpec: {
            metadata: { labels: { tier: 'back' }, annotations: { note: 'kept' } },
            params: [{ name: 'who' }, { name: 'object', type: 'object', default: { a: '1' }, properties: { a: {} } }],
            workspaces: [{ name: 'source' }],
            results: [{ name: 'digest' }],
            stepTemplate: { env: [{ name: 'A', value: '1' }] },
            sidecars: [{ name: 'db', image: 'busybox', script: 'true' }],
            volumes: [{ name: 'v', emptyDir: {} }],
            steps: [
              step('make', { onError: 'continue', timeout: '1m', volumeMounts: [{ name: 'v', mountPath: '/v' }] }),
            ],
          },
        },
        { name: 'named', runAfter: ['rich'], taskRef: { name: 'stored' }, params: [{ name: 'from', value: 'b' }] },
      ],
      finally: [{ name: 'last', taskSpec: { steps: [step('say')] } }],
    },
  },
};

describe('a run that is handed to this controller, beside the whole of upstream Tekton on the real kube-apiserver', () => {
  let cluster: WebhookCluster;
  let upstream: { stop(): Promise<void> } | undefined;
  let upstreamClient: KubeClient | undefined;
  let controllers: ControllerProcess;
  let node: FakeNode;
  let directory: string;
  let created: PipelineRun;
  let run: PipelineRun;
  let taskRuns: TaskRun[];

  const ofRun = async <T extends KubeObject>(resource: Resource): Promise<T[]> => {
    const query = { labelSelector: `tekton.dev/pipelineRun=${created.metadata.name}` };
    return (await cluster.client.request<KubeList<T>>('GET', resourcePath(resource, { namespace }), { query })).items;
  };
  const create = <T>(resource: Resource, body: object): Promise<T> =>
    cluster.client.request<T>('POST', resourcePath(resource, { namespace }), { body });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tektrace-beside-'));
    cluster = await startWebhookCluster({
      values: { controller: { manage: 'managed-by' } },
      prepare: async ({ kubeconfig, kubeconfigPath }) => {
        const client = createKubeClient(loadKubeConfig({ text: kubeconfig }));
        upstreamClient = client;
        const otlpUrl = 'http://127.0.0.1:1/v1/traces';
        upstream = await startUpstream({ kubeconfig, kubeconfigPath, client, otlpUrl, directory });
      },
    });
    node = await startFakeNode({ client: cluster.client, steps: { 'rich/step-make': { results: { digest: 'd' } } } });
    const config = loadKubeConfig({ text: cluster.server.kubeconfig });
    config.users = config.users.map((admin) => ({ ...admin, impersonateUser: controllerUser }));
    controllers = await runControllers({
      client: createKubeClient(config, { userAgent: `${CONTROLLER_MANAGER}/test` }),
      sink: { target: 'memory', send: async () => undefined, close: async () => undefined },
      ...{ manage: 'managed-by', images: LOCAL_IMAGES, sampling: { ratio: 1 }, keepFailures: true, log: silentLogger },
    });
    await controllers.synced;
    await create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } });
    await create(TASKS, {
      ...{ apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name: 'stored' } },
      spec: { params: [{ name: 'from', default: 'a' }], steps: [step('use')] },
    });
    created = await create<PipelineRun>(PIPELINE_RUNS, pipelineRun);
    const path = resourcePath(PIPELINE_RUNS, { namespace, name: created.metadata.name ?? '' });
    run = await until('the end of the run', async () => {
      const found = await cluster.client.request<PipelineRun>('GET', path);
      return found.status?.completionTime === undefined ? undefined : found;
    });
    taskRuns = await ofRun<TaskRun>(TASK_RUNS);
  }, 300_000);
  afterAll(async () => {
    await controllers?.stop();
    await node?.stop();
    await upstream?.stop();
    upstreamClient?.close();
    await cluster?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("upstream's webhook has filled in what this controller then works with, and the run ends well", () => {
    const [embedded] = (created.spec.pipelineSpec?.tasks ?? []) as { taskSpec?: object }[];
    expect(embedded?.taskSpec).toMatchObject({ metadata: {}, spec: null });
    expect(run.status?.conditions).toEqual([expect.objectContaining({ type: 'Succeeded', status: 'True' })]);
    expect(taskRuns.map(({ metadata }) => metadata.labels?.['tekton.dev/pipelineTask']).sort()).toEqual(
      ['last', 'named', 'plain', 'rich'].sort(),
    );
  });

  test('a task’s metadata is its TaskRun’s, and its spec keeps what is a Task’s', () => {
    const rich = taskRuns.find(({ metadata }) => metadata.labels?.['tekton.dev/pipelineTask'] === 'rich');
    expect(rich?.metadata.labels).toMatchObject({ tier: 'back' });
    expect(rich?.metadata.annotations).toMatchObject({ note: 'kept' });
    expect(rich?.spec.taskSpec).toMatchObject({
      results: [{ name: 'digest' }],
      stepTemplate: { env: [{ name: 'A' }] },
    });
    expect(rich?.spec).toMatchObject({ retries: 1, timeout: '10m0s' });
    const plain = taskRuns.find(({ metadata }) => metadata.labels?.['tekton.dev/pipelineTask'] === 'plain');
    expect(plain?.metadata.labels).toMatchObject({ team: 'a' });
  });

  test('upstream finds nothing of it that it would take for its own', async () => {
    const pods = await ofRun(PODS);
    expect(pods).toHaveLength(4);
    for (const { metadata, spec } of taskRuns) {
      expect(spec.managedBy).toBe(managedBy);
      expect(metadata.ownerReferences).toEqual([expect.objectContaining({ kind: 'PipelineRun', controller: false })]);
    }
    for (const { metadata } of pods) {
      expect(metadata.ownerReferences).toEqual([expect.objectContaining({ kind: 'TaskRun', controller: false })]);
      expect(metadata.labels).not.toHaveProperty(['app.kubernetes.io/managed-by']);
    }
    const claims = await cluster.client.request<KubeList<KubeObject & V1PersistentVolumeClaim>>(
      'GET',
      resourcePath(PERSISTENT_VOLUME_CLAIMS, { namespace }),
    );
    expect(claims.items.flatMap(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([
      expect.objectContaining({ controller: false }),
    ]);
  });

  test('the run and its TaskRuns have one master: nobody else has written their status', () => {
    const statusOf = ({ metadata }: KubeObject): (string | undefined)[] =>
      (metadata.managedFields ?? []).filter(({ fieldsV1 }) => fieldsV1?.['f:status']).map(({ manager }) => manager);
    for (const one of [run, ...taskRuns]) expect(statusOf(one)).toEqual([CONTROLLER_MANAGER]);
  });
});
