import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readCrds } from '../../cli/local/crds.ts';
import { isAlreadyExists, isNotFound } from '../../shared/kubernetes/errors.ts';
import { PIPELINE_RUNS, PODS, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { KubeList, KubeObject } from '../../shared/kubernetes/types.ts';
import { MANAGED_BY, PIPELINE_RUN_SPAN_CONTEXT, TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import { isSuccessful } from '../../shared/tekton/conditions.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import { parseCarrier } from '../../shared/tracing/carrier.ts';
import { startControllerProcess } from '../peers/support/controller-process.ts';
import { readTrace } from '../peers/support/jaeger-trace.ts';
import { startJaeger } from '../peers/support/jaeger.ts';
import type { Jaeger } from '../peers/support/jaeger.ts';
import { untilServed } from '../peers/support/served.ts';
import { until } from '../peers/support/until.ts';
import { startSteadyNode } from '../resilience/support/node.ts';
import { inOrder, lifecycleTree } from '../whole-cluster/support/lifecycle.ts';
import { furnish } from './furnish.ts';
import { BUSYBOX_IMAGE, TEKTON_IMAGE } from './whole/images/catalog.ts';
import { chosenCluster, startTestCluster } from './select.ts';
import { TEST_LABEL } from './types.ts';
import type { TestCluster } from './types.ts';

const TIMEOUT_MS = 600_000;
const NODE_STEP_MS = 20;
const namespace = 'tektrace-test';
const labels = { [TEST_LABEL]: '' };
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const task = (name: string): object => ({
  name,
  taskSpec: { steps: [{ name: 'only', image: BUSYBOX_IMAGE, command: ['true'] }] },
});
const pipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { name: 'two-tasks' },
  spec: { managedBy: MANAGED_BY, pipelineSpec: { tasks: [task('a'), { ...task('b'), runAfter: ['a'] }] } },
};

let jaeger: Jaeger;
let directory: string;
beforeAll(async () => {
  jaeger = await startJaeger();
  directory = await mkdtemp(join(tmpdir(), 'tektrace-clusters-'));
});
afterAll(async () => {
  await jaeger.stop();
  await rm(directory, { recursive: true, force: true });
});

/** A cluster that has Tekton keeps its definitions. */
async function installCrds({ client }: TestCluster): Promise<void> {
  for (const crd of (await readCrds()) as KubeObject[]) {
    const body = { ...crd, metadata: { ...crd.metadata, labels: { ...crd.metadata.labels, ...labels } } };
    await client.request('POST', CRDS, { body }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error;
    });
  }
  await untilServed(client, [PIPELINE_RUNS, TASK_RUNS], namespace);
}

async function count({ client }: TestCluster): Promise<number[]> {
  const lists = [PIPELINE_RUNS, TASK_RUNS, PODS].map((resource) =>
    client.request<KubeList<KubeObject>>('GET', resourcePath(resource, { namespace })),
  );
  return (await Promise.all(lists)).map(({ items }) => items.length);
}

/** A run is carried out by `tektrace controller`, its trace is whole, and with it go its TaskRuns and Pods. */
async function expectRun(cluster: TestCluster): Promise<void> {
  const { client, capabilities, kubeconfigPath, name } = cluster;
  await client.request('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
  });
  await furnish(client, namespace);
  await installCrds(cluster);
  const node = capabilities.pods ? undefined : await startSteadyNode(client, NODE_STEP_MS);
  const entrypoint = process.env['TEST_ENTRYPOINT_IMAGE'] ?? TEKTON_IMAGE;
  const controller = await startControllerProcess({
    ...{ kubeconfigPath, directory, name, collectorUrl: jaeger.otlpUrl },
    extraArgs: ['--manage=managed-by', `--namespace=${namespace}`, `--entrypoint-image=${entrypoint}`],
  });
  try {
    const runs = resourcePath(PIPELINE_RUNS, { namespace });
    const { metadata } = await client.request<PipelineRun>('POST', runs, { body: pipelineRun });
    const path = `${runs}/${metadata.name}`;
    const run = await until(`the trace of the run on the ${name} cluster`, async () => {
      const seen = await client.request<PipelineRun>('GET', path);
      return seen.metadata.annotations?.[TRACE_EXPORTED] === metadata.uid ? seen : undefined;
    });
    expect([run.status?.conditions, isSuccessful(run)]).toEqual([expect.anything(), true]);
    const { traceId = '' } = parseCarrier(run.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]) ?? {};
    const waits = ['pod scheduling', 'pod starting', 'init prepare', 'step only'];
    expect(lifecycleTree(await readTrace(jaeger, traceId))).toEqual(
      inOrder({ 'RUN two-tasks': ['queued', { 'task a': waits }, { 'task b': waits }] }),
    );
    expect(await count(cluster)).toEqual([1, 2, 2]);
    await client.request('DELETE', path);
    if (capabilities.garbageCollection)
      await until(
        'the run’s objects to go',
        async () => (await count(cluster)).every((left) => left === 0) || undefined,
      );
  } finally {
    await controller.stop();
    await node?.stop();
  }
}

async function isGone({ client }: TestCluster, path: string): Promise<boolean> {
  return client.request('GET', path).then(() => false, isNotFound);
}

async function runOn(env: NodeJS.ProcessEnv): Promise<void> {
  const cluster = await startTestCluster(env);
  try {
    await expectRun(cluster);
  } finally {
    await cluster.stop();
  }
}

/** The existing cluster, as it was before: by a client that is not the test's. */
async function runOnExisting(owner: TestCluster): Promise<void> {
  const before = process.env['KUBECONFIG'];
  process.env['KUBECONFIG'] = owner.kubeconfigPath;
  try {
    await runOn({ USE_EXISTING_CLUSTER: 'true' });
  } finally {
    if (before === undefined) delete process.env['KUBECONFIG'];
    else process.env['KUBECONFIG'] = before;
  }
  for (const path of [`/api/v1/namespaces/${namespace}`, `${CRDS}/pipelineruns.tekton.dev`])
    await until(`${path} to go`, async () => (await isGone(owner, path)) || undefined);
}

if (process.env['TEST_CLUSTER'] || process.env['USE_EXISTING_CLUSTER'] === 'true') {
  test(
    `a run on the ${chosenCluster(process.env)} cluster, which the environment names`,
    () => runOn(process.env),
    TIMEOUT_MS,
  );
} else {
  test.each(['embedded', 'apiserver'])('a run on the %s cluster', (name) => runOn({ TEST_CLUSTER: name }), TIMEOUT_MS);

  test(
    'a run on the whole cluster, and on the same one as an existing cluster, which is left as it was',
    async () => {
      const whole = await startTestCluster({ TEST_CLUSTER: 'whole' });
      try {
        await runOnExisting(whole);
        await expectRun(whole);
      } finally {
        await whole.stop();
      }
    },
    TIMEOUT_MS,
  );
}
