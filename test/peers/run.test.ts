import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parse, stringify } from 'yaml';

import type { CoreEvent } from '../../shared/kubernetes/events/event.ts';
import { EVENTS, PIPELINE_RUNS, TASK_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeList, KubeObject } from '../../shared/kubernetes/types.ts';
import { LABEL_PIPELINE_RUN, PIPELINE_RUN_SPAN_CONTEXT, TRACE_EXPORTED } from '../../shared/tekton/annotations.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { parseCarrier } from '../../shared/tracing/carrier.ts';
import { startControllerProcess } from './support/controller-process.ts';
import { startFakeNode } from './support/fake-node.ts';
import type { FakeNode } from './support/fake-node.ts';
import { readTrace } from './support/jaeger-trace.ts';
import type { JaegerTrace } from './support/jaeger-trace.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';
import type { ServerProcess } from './support/server-process.ts';
import { controllerUser, startWebhookCluster } from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const RUN_TIMEOUT_MS = 120_000;
const step = (name: string): object => ({ name, image: 'busybox', script: 'true' });

/** Two tasks, the second with a result of the first, and one in `finally`. */
const pipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'build-' },
  spec: {
    pipelineSpec: {
      tasks: [
        { name: 'compile', taskSpec: { results: [{ name: 'digest' }], steps: [step('fetch'), step('make')] } },
        {
          name: 'publish',
          params: [{ name: 'digest', value: '$(tasks.compile.results.digest)' }],
          taskSpec: { params: [{ name: 'digest' }], steps: [step('push')] },
        },
      ],
      finally: [{ name: 'notify', taskSpec: { steps: [step('mail')] } }],
    },
  },
};

describe('webhook and controllers on the real kube-apiserver, with the rights of the chart', () => {
  let cluster: WebhookCluster;
  let node: FakeNode;
  let jaeger: Jaeger;
  let directory: string;
  let kubeconfigPath: string;

  beforeAll(async () => {
    cluster = await startWebhookCluster();
    jaeger = await startJaeger();
    directory = await mkdtemp(join(tmpdir(), 'tektrace-controller-'));
    const kubeconfig = parse(cluster.server.kubeconfig) as { users: { user: Record<string, unknown> }[] };
    for (const { user } of kubeconfig.users) user['as'] = controllerUser;
    kubeconfigPath = join(directory, 'kubeconfig');
    await writeFile(kubeconfigPath, stringify(kubeconfig), { mode: 0o600 });
    node = await startFakeNode({
      client: cluster.client,
      steps: {
        'compile/step-make': { results: { digest: 'sha256:abc' } },
        'broken/step-only': { exitCode: 3 },
      },
    });
  }, 300_000);
  afterAll(async () => {
    await node.stop();
    await cluster.stop();
    await jaeger.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const startController = (collectorUrl: string, stopSignal?: NodeJS.Signals): Promise<ServerProcess> =>
    startControllerProcess({ kubeconfigPath, collectorUrl, directory, ...(stopSignal ? { stopSignal } : {}) });
  const create = (run: object): Promise<PipelineRun> =>
    cluster.client.request<PipelineRun>('POST', resourcePath(PIPELINE_RUNS, { namespace: 'default' }), { body: run });

  /** The run once `condition` holds. */
  async function runWhen(name: string, condition: (run: PipelineRun) => boolean): Promise<PipelineRun> {
    const deadline = Date.now() + RUN_TIMEOUT_MS;
    for (;;) {
      const run = await cluster.client.request<PipelineRun>(
        'GET',
        resourcePath(PIPELINE_RUNS, { namespace: 'default', name }),
      );
      if (condition(run)) return run;
      if (Date.now() > deadline)
        throw new Error(`${name} has not come that far: ${JSON.stringify(run.status?.conditions)}`);
      await delay(100);
    }
  }

  const exported = (run: PipelineRun): boolean => run.metadata.annotations?.[TRACE_EXPORTED] === run.metadata.uid;
  const traceIdOf = (run: KubeObject): string =>
    parseCarrier(run.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT])?.traceId ?? '';
  const traceOf = (run: KubeObject): Promise<JaegerTrace> => readTrace(jaeger, traceIdOf(run));
  const childrenOf = async (name: string): Promise<TaskRun[]> => {
    const path = resourcePath(TASK_RUNS, { namespace: 'default' });
    const query = { labelSelector: `tekton.dev/pipelineRun=${name}` };
    return (await cluster.client.request<KubeList<TaskRun>>('GET', path, { query })).items;
  };

  function expectOneTree({ shown, stored, warnings }: JaegerTrace): void {
    const ids = new Set(shown.map(({ spanId }) => spanId));
    expect(shown.filter(({ parentSpanId }) => parentSpanId === undefined).map(({ name }) => name)).toEqual([
      expect.stringMatching(/^RUN /),
    ]);
    expect(shown.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId))).toEqual([]);
    expect(new Set(stored.map(({ spanId }) => spanId))).toEqual(ids);
    expect(warnings).toEqual([]);
  }

  test.each(['otlpUrl', 'thriftUrl'] as const)(
    'a run is executed, and its trace is whole in Jaeger (%s)',
    async (url) => {
      const controller = await startController(jaeger[url]);
      try {
        const { metadata } = await create(pipelineRun);
        const run = await runWhen(metadata.name ?? '', exported);
        expect(run.status?.conditions).toEqual([expect.objectContaining({ type: 'Succeeded', status: 'True' })]);
        const children = await childrenOf(metadata.name ?? '');
        expect(children.map(({ status }) => status?.conditions?.[0]?.status)).toEqual(['True', 'True', 'True']);
        expect(
          children.find(({ metadata: { labels } }) => labels?.['tekton.dev/pipelineTask'] === 'publish')?.spec.params,
        ).toEqual([{ name: 'digest', value: 'sha256:abc' }]);
        const pods = [...node.pods.values()].filter(
          (pod) => pod.metadata?.labels?.[LABEL_PIPELINE_RUN] === metadata.name,
        );
        expect(pods).toHaveLength(3);
        const variables = pods.flatMap(({ spec }) =>
          (spec?.containers ?? []).map(({ env = [] }) => env.map(({ name }) => name)),
        );
        expect(variables.every((names) => names.includes('TRACEPARENT'))).toBe(true);
        await controller.stop();

        const events = await cluster.client.request<KubeList<CoreEvent>>(
          'GET',
          resourcePath(EVENTS, { namespace: 'default' }),
          { query: { fieldSelector: `involvedObject.uid=${metadata.uid}` } },
        );
        const naming = events.items.filter(({ message }) => message?.includes(traceIdOf(run)));
        expect(naming.map(({ reason, message }) => [reason, message])).toEqual([
          ['Started', `trace ${traceIdOf(run)}`],
        ]);

        const trace = await traceOf(run);
        expectOneTree(trace);
        const named = new Set(trace.shown.map(({ name }) => name));
        for (const name of [
          'admission',
          'queued',
          'task compile',
          'task publish',
          'task notify',
          'step fetch',
          'step push',
        ])
          expect(named).toContain(name);
        expect(named).toContain('PipelineRun:ReconcileKind');
        expect(named).toContain('TaskRun:ReconcileKind');
      } finally {
        await controller.stop();
      }
    },
    300_000,
  );

  test('a failing step fails the run, and the trace has the error', async () => {
    const controller = await startController(jaeger.otlpUrl);
    try {
      const spec = { pipelineSpec: { tasks: [{ name: 'broken', taskSpec: { steps: [step('only')] } }] } };
      const { metadata } = await create({ ...pipelineRun, spec });
      const run = await runWhen(metadata.name ?? '', exported);
      expect(run.status?.conditions).toEqual([
        expect.objectContaining({ type: 'Succeeded', status: 'False', reason: 'Failed' }),
      ]);
      await controller.stop();
      const trace = await traceOf(run);
      expectOneTree(trace);
      const failed = trace.shown.filter(({ tags }) => tags['error'] === true).map(({ name }) => name);
      expect(failed).toEqual(expect.arrayContaining(['step only', 'task broken']));
    } finally {
      await controller.stop();
    }
  }, 300_000);

  test('a controller that is killed in the middle of a run leaves it to the next one, and the trace whole', async () => {
    const first = await startController(jaeger.otlpUrl, 'SIGKILL');
    const { metadata } = await create(pipelineRun);
    await runWhen(metadata.name ?? '', ({ status }) => (status?.childReferences ?? []).length > 0);
    await first.stop();
    const second = await startController(jaeger.otlpUrl);
    try {
      const run = await runWhen(metadata.name ?? '', exported);
      expect(run.status?.conditions).toEqual([expect.objectContaining({ type: 'Succeeded', status: 'True' })]);
      expect(await childrenOf(metadata.name ?? '')).toHaveLength(3);
      await second.stop();
      expectOneTree(await traceOf(run));
    } finally {
      await second.stop();
    }
  }, 300_000);

  test('a run created again from its YAML while the webhook is down gets a trace of its own and a link', async () => {
    const controller = await startController(jaeger.otlpUrl);
    try {
      const first = await runWhen((await create(pipelineRun)).metadata.name ?? '', exported);
      await cluster.webhook.close();
      const { annotations } = first.metadata;
      const copy = { ...pipelineRun, metadata: { ...pipelineRun.metadata, annotations } };
      const second = await runWhen((await create(copy)).metadata.name ?? '', exported);
      await controller.stop();

      const [original, own] = [traceIdOf(first), traceIdOf(second)];
      expect(own).not.toBe(original);
      const trace = await readTrace(jaeger, own);
      expectOneTree(trace);
      expect(trace.shown.find(({ parentSpanId }) => parentSpanId === undefined)?.links).toEqual([original]);
    } finally {
      await controller.stop();
    }
  }, 300_000);
});
