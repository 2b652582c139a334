import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { runControllers } from '../../controller/compose.ts';
import type { ControllerProcess } from '../../controller/compose.ts';
import { LOCAL_IMAGES } from '../../controller/taskrun/pod/images.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { MERGE_PATCH, PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { Resource } from '../../shared/kubernetes/resources.ts';
import type { KubeList, KubeObject } from '../../shared/kubernetes/types.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import {
  PARENT_SPAN_CONTEXT,
  PIPELINE_RUN_SPAN_CONTEXT,
  REFUSED_OWNER,
  RERUN_SPAN_CONTEXT,
  TASK_RUN_SPAN_CONTEXT,
  TRACE_EXPORTED,
  UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT,
} from '../../shared/tekton/annotations.ts';
import { parseCarrier } from '../../shared/tracing/carrier.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import { CONTROLLER_MANAGER, isClaimed } from '../../shared/tracing/provenance.ts';
import { untilAllowed } from './support/served.ts';
import { until } from './support/until.ts';
import { controllerUser, startWebhookCluster } from './support/webhook-cluster.ts';
import type { WebhookCluster } from './support/webhook-cluster.ts';

const CREATORS = {
  upstream: 'system:serviceaccount:tekton-pipelines:tekton-pipelines-controller',
  'pipelines-as-code': 'system:serviceaccount:pipelines-as-code:pipelines-as-code-controller',
  jane: 'jane',
};
type Creator = keyof typeof CREATORS;
const TRUSTED: Creator[] = ['upstream', 'pipelines-as-code'];

let traces = 0;
/** A span that no other test has. */
function inboundSpan(sampled: boolean): { traceparent: string; traceId: string } {
  const traceId = (++traces).toString(16).padStart(32, 'c');
  return { traceparent: `00-${traceId}-${'b'.repeat(16)}-${sampled ? '01' : '00'}`, traceId };
}

let cluster: WebhookCluster;
let clients: Record<Creator, KubeClient>;
let controllers: ControllerProcess | undefined;
const sent: ReadableSpan[] = [];

async function startController(): Promise<void> {
  controllers = await runControllers({
    client: cluster.clientAs(controllerUser, `${CONTROLLER_MANAGER}/test`),
    sink: { target: 'memory', send: async (spans) => void sent.push(...spans), close: async () => undefined },
    ...{ manage: 'none', images: LOCAL_IMAGES, sampling: { ratio: 1 }, keepFailures: true },
    log: silentLogger,
  });
  await controllers.synced;
}

beforeAll(async () => {
  cluster = await startWebhookCluster({ trustedRequesters: TRUSTED.map((name) => CREATORS[name]) });
  await cluster.kubectl(
    'create',
    'clusterrole',
    'creator',
    '--verb=create,get,patch',
    '--resource=pipelineruns,taskruns',
  );
  await cluster.kubectl(
    'create',
    'clusterrolebinding',
    'creators',
    '--clusterrole=creator',
    '--group=system:authenticated',
  );
  const rights = [PIPELINE_RUNS, TASK_RUNS].map(({ plural }) => ({
    ...{ verb: 'create', group: 'tekton.dev', resource: plural, namespace: 'default' },
  }));
  await untilAllowed(cluster.client, CREATORS.jane, rights);
  const entries = Object.entries(CREATORS).map(([name, user]) => [name, cluster.clientAs(user)]);
  clients = Object.fromEntries(entries) as Record<Creator, KubeClient>;
  await startController();
}, 300_000);
afterAll(async () => {
  await controllers?.stop();
  await cluster.stop();
});

const pathOf = (resource: Resource, name?: string): string =>
  resourcePath(resource, { namespace: 'default', ...(name !== undefined && { name }) });

async function create(creator: Creator, metadata: object, kind = 'PipelineRun', query = {}): Promise<KubeObject> {
  const [resource, spec] =
    kind === 'PipelineRun' ? [PIPELINE_RUNS, { pipelineRef: { name: 'b' } }] : [TASK_RUNS, { taskRef: { name: 't' } }];
  const body = { apiVersion: 'tekton.dev/v1', kind, metadata: { generateName: 'trust-', ...metadata }, spec };
  return clients[creator].request<KubeObject>('POST', pathOf(resource), { body, query });
}

const read = (run: KubeObject): Promise<KubeObject> =>
  cluster.client.request('GET', pathOf(run.kind === 'TaskRun' ? TASK_RUNS : PIPELINE_RUNS, run.metadata.name));
const carrierOf = (run: KubeObject, name: string): SpanCarrier | undefined =>
  parseCarrier(run.metadata.annotations?.[name]);
const rootOf = (run: KubeObject): SpanCarrier | undefined => carrierOf(run, PIPELINE_RUN_SPAN_CONTEXT);

/** Ends a run as its executor would. */
async function finish(run: KubeObject, succeeds: boolean, status: object = {}): Promise<void> {
  const body = {
    status: {
      startTime: new Date().toISOString().replace(/\.\d+/, ''),
      completionTime: new Date().toISOString().replace(/\.\d+/, ''),
      conditions: [
        {
          type: 'Succeeded',
          status: succeeds ? 'True' : 'False',
          reason: succeeds ? 'Succeeded' : 'Failed',
          lastTransitionTime: new Date().toISOString().replace(/\.\d+/, ''),
        },
      ],
      ...status,
    },
  };
  const resource = run.kind === 'TaskRun' ? TASK_RUNS : PIPELINE_RUNS;
  await cluster.client.request('PATCH', `${pathOf(resource, run.metadata.name)}/status`, {
    body,
    contentType: MERGE_PATCH,
  });
}

const marked = (run: KubeObject): Promise<KubeObject> =>
  until(`the mark of ${run.metadata.name}`, async () => {
    const now = await read(run);
    return now.metadata.annotations?.[TRACE_EXPORTED] === now.metadata.uid ? now : undefined;
  });
const spansOf = (traceId: string | undefined): ReadableSpan[] =>
  sent.filter((span) => span.spanContext().traceId === traceId);

type Row = [
  policy: { inbound: 'trusted' | 'join' | 'link' | 'ignore'; ratio: number; share?: number },
  creator: Creator,
  inbound: 'none' | 'sampled' | 'not sampled',
  expected: { inbound: 'none' | 'joined' | 'linked' | 'ignored'; sampled: boolean },
];

/** Who creates the run, what comes with it, and what becomes of it. A run that fails is exported in every row. */
const rows: Row[] = [
  [{ inbound: 'trusted', ratio: 1 }, 'jane', 'none', { inbound: 'none', sampled: true }],
  [{ inbound: 'trusted', ratio: 0 }, 'jane', 'none', { inbound: 'none', sampled: false }],
  [{ inbound: 'trusted', ratio: 0, share: 1 }, 'jane', 'none', { inbound: 'none', sampled: true }],
  [{ inbound: 'trusted', ratio: 1, share: 0 }, 'jane', 'none', { inbound: 'none', sampled: false }],
  [{ inbound: 'trusted', ratio: 1 }, 'pipelines-as-code', 'none', { inbound: 'none', sampled: true }],
  [{ inbound: 'trusted', ratio: 0 }, 'pipelines-as-code', 'none', { inbound: 'none', sampled: false }],
  // Parent-based: a delivery keeps or drops its runs together, whatever the share of the namespace.
  [{ inbound: 'trusted', ratio: 0 }, 'pipelines-as-code', 'sampled', { inbound: 'joined', sampled: true }],
  [{ inbound: 'trusted', ratio: 1 }, 'pipelines-as-code', 'not sampled', { inbound: 'joined', sampled: false }],
  [{ inbound: 'trusted', ratio: 1, share: 0 }, 'pipelines-as-code', 'sampled', { inbound: 'joined', sampled: true }],
  // Whoever is not trusted gets a trace of its own, and its flag does not count.
  [{ inbound: 'trusted', ratio: 1 }, 'jane', 'not sampled', { inbound: 'linked', sampled: true }],
  [{ inbound: 'trusted', ratio: 0 }, 'jane', 'sampled', { inbound: 'linked', sampled: false }],
  [{ inbound: 'join', ratio: 1 }, 'jane', 'not sampled', { inbound: 'joined', sampled: true }],
  [{ inbound: 'join', ratio: 0 }, 'jane', 'sampled', { inbound: 'joined', sampled: false }],
  [{ inbound: 'join', ratio: 1 }, 'pipelines-as-code', 'not sampled', { inbound: 'joined', sampled: false }],
  [{ inbound: 'link', ratio: 1 }, 'pipelines-as-code', 'not sampled', { inbound: 'linked', sampled: true }],
  [{ inbound: 'link', ratio: 0 }, 'pipelines-as-code', 'sampled', { inbound: 'linked', sampled: false }],
  [{ inbound: 'ignore', ratio: 1 }, 'pipelines-as-code', 'not sampled', { inbound: 'ignored', sampled: true }],
  [{ inbound: 'ignore', ratio: 0 }, 'pipelines-as-code', 'sampled', { inbound: 'ignored', sampled: false }],
];

const carriers = {
  'tekton/parent-span-context': (traceparent: string) => JSON.stringify({ traceparent }),
  'tekton.dev/pipelinerunSpanContext': (traceparent: string) => JSON.stringify({ traceparent }),
  'tekton.dev/deliveryTraceparent': (traceparent: string) => traceparent,
};

describe('policy × creator × inbound flag × result', () => {
  const cases = rows.flatMap((row) =>
    (row[2] === 'none' ? [undefined] : Object.keys(carriers)).map((carrier) => [...row, carrier] as const),
  );

  test.each(cases)('%j, %s, inbound %s: %j (%s)', async (policy, creator, flag, expected, carrier) => {
    const { inbound, ratio, share } = policy;
    Object.assign(cluster.settings, {
      inbound,
      sampling: { ratio, ...(share !== undefined && { namespaces: { default: share } }) },
    });
    const given = inboundSpan(flag === 'sampled');
    const annotations =
      carrier === undefined ? {} : { [carrier]: carriers[carrier as keyof typeof carriers](given.traceparent) };
    const [good, bad] = [await create(creator, { annotations }), await create(creator, { annotations })];
    for (const run of [good, bad]) {
      const root = rootOf(run);
      const parent = carrierOf(run, PARENT_SPAN_CONTEXT);
      expect(root?.sampled).toBe(expected.sampled);
      expect(root?.traceId === given.traceId).toBe(expected.inbound === 'joined');
      expect(parent?.traceId).toBe(['joined', 'linked'].includes(expected.inbound) ? given.traceId : undefined);
    }
    await finish(good, true);
    await finish(bad, false);
    await marked(bad);
    const rootSpan = (run: KubeObject): ReadableSpan | undefined =>
      sent.find((span) => span.spanContext().spanId === rootOf(run)?.spanId);
    const failed = rootSpan(bad);
    expect(failed?.parentSpanContext?.spanId).toBe(expected.inbound === 'joined' ? 'b'.repeat(16) : undefined);
    expect(failed?.links.map((link) => link.context.traceId)).toEqual(
      expected.inbound === 'linked' ? [given.traceId] : [],
    );
    if (expected.sampled) await marked(good);
    expect(rootSpan(good) !== undefined).toBe(expected.sampled);
  });
});

describe('whose trace', () => {
  const owns = ({ metadata }: KubeObject): object => ({
    ownerReferences: [
      { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: metadata.name, uid: metadata.uid, controller: true },
    ],
  });
  beforeAll(() => {
    Object.assign(cluster.settings, { inbound: 'trusted', sampling: { ratio: 1 } });
  });

  test('a root that is forged under the field manager of the controller is a copy', async () => {
    const forged = JSON.stringify({ traceparent: inboundSpan(true).traceparent });
    const annotations = {
      [PIPELINE_RUN_SPAN_CONTEXT]: forged,
      [UPSTREAM_PIPELINE_RUN_SPAN_CONTEXT]: forged,
      'tekton/admission-time': `${new Date().toISOString()}/${new Date().toISOString()}`,
    };
    for (const creator of ['jane', 'pipelines-as-code'] as const) {
      const run = await create(creator, { annotations }, 'PipelineRun', { fieldManager: CONTROLLER_MANAGER });
      expect(rootOf(run)?.traceId).not.toBe(parseCarrier(forged)?.traceId);
      expect(run.metadata.annotations?.[RERUN_SPAN_CONTEXT]).toBe(forged);
      for (const name of Object.keys(annotations)) expect(isClaimed(run.metadata, name)).toBe(false);
    }
  });

  test('what a client changes later is put back, with an Event on the run', async () => {
    const run = await create('jane', {});
    const before = run.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT] ?? '';
    // It sends the admission as soon as it has seen the run.
    await until('the controller', async () => spansOf(rootOf(run)?.traceId).length > 0 || undefined);
    for (const change of [`${PIPELINE_RUN_SPAN_CONTEXT}={}`, `${PIPELINE_RUN_SPAN_CONTEXT}-`]) {
      await cluster.kubectl('annotate', 'pipelinerun', run.metadata.name ?? '', change, '--overwrite');
      await until('what was there', async () => {
        const now = await read(run);
        return now.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT] === before || undefined;
      });
    }
    const said = await until('an Event', async () => {
      const query = { fieldSelector: `involvedObject.name=${run.metadata.name}` };
      const path = '/api/v1/namespaces/default/events';
      const { items } = await cluster.client.request<KubeList<KubeObject & { reason: string; message: string }>>(
        'GET',
        path,
        { query },
      );
      return items.find(({ reason }) => reason === 'SpanContextChanged')?.message;
    });
    expect(said).toContain(PIPELINE_RUN_SPAN_CONTEXT);
    expect(said).toContain(rootOf(run)?.traceId);
  });

  test('a TaskRun of a run that its creator may not join has a trace of its own, and the run does not wait for it', async () => {
    const run = await create('jane', {});
    const honest = await create('upstream', { ...owns(run), annotations: run.metadata.annotations }, 'TaskRun');
    const forged = await create('jane', { ...owns(run), annotations: run.metadata.annotations }, 'TaskRun');
    expect(carrierOf(honest, TASK_RUN_SPAN_CONTEXT)).toEqual(rootOf(run));
    expect(carrierOf(forged, TASK_RUN_SPAN_CONTEXT)?.traceId).not.toBe(rootOf(run)?.traceId);
    expect(forged.metadata.annotations?.[REFUSED_OWNER]).toBe(run.metadata.uid);
    await finish(honest, true);
    await finish(run, true, {
      childReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: honest.metadata.name }],
    });
    await marked(run);
    const names = spansOf(rootOf(run)?.traceId).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('task '))).toHaveLength(1);
  });

  test('a copied child is no copy of its owner’s root: a child PipelineRun has a span below it', async () => {
    const run = await create('jane', {});
    const child = await create('upstream', { ...owns(run), annotations: run.metadata.annotations });
    expect(rootOf(child)).toMatchObject({ traceId: rootOf(run)?.traceId });
    expect(carrierOf(child, PARENT_SPAN_CONTEXT)).toEqual(rootOf(run));
  });

  test('with the webhook down, and after a restart of the controller, a forged root is none either', async () => {
    await controllers?.stop();
    await cluster.webhook.close();
    const forged = JSON.stringify({ traceparent: inboundSpan(true).traceparent });
    const annotations = {
      [PIPELINE_RUN_SPAN_CONTEXT]: forged,
      'tekton/admission-time': `${new Date().toISOString()}/${new Date().toISOString()}`,
    };
    const run = await create('jane', { annotations }, 'PipelineRun', { fieldManager: CONTROLLER_MANAGER });
    expect(run.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT]).toBe(forged);
    const child = await create('upstream', { ...owns(run), annotations });
    const forgedTask = { ...annotations, [TASK_RUN_SPAN_CONTEXT]: forged };
    const task = await create('upstream', { ...owns(child), annotations: forgedTask }, 'TaskRun');
    await startController();
    const now = await until('a context of its own', async () => {
      const found = await read(run);
      return found.metadata.annotations?.[PIPELINE_RUN_SPAN_CONTEXT] === forged ? undefined : found;
    });
    expect(now.metadata.annotations?.[RERUN_SPAN_CONTEXT]).toBe(forged);
    const below = await until('the context of its child', async () => {
      const found = await read(child);
      return rootOf(found)?.traceId === rootOf(now)?.traceId ? found : undefined;
    });
    expect(carrierOf(below, PARENT_SPAN_CONTEXT)).toEqual(rootOf(now));
    await until('the context of the child’s TaskRun', async () => {
      const found = carrierOf(await read(task), TASK_RUN_SPAN_CONTEXT);
      return found?.spanId === rootOf(below)?.spanId || undefined;
    });
  });
});
