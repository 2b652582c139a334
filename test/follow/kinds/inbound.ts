import { randomBytes } from 'node:crypto';

import { DELIVERY_TRACEPARENT, PARENT_SPAN_CONTEXT } from '../../../shared/tekton/annotations.ts';
import { upstreamController } from '../../peers/support/upstream/processes.ts';
import type { FollowCluster } from '../support/cluster.ts';
import { LiveRun } from '../support/live-run.ts';
import type { Written } from '../support/live-run.ts';
import { begun, pipelineRun, ran, step, task, taskRun } from './kind.ts';
import type { Kind, Made } from './kind.ts';

const SECOND_NS = 1_000_000_000n;

/** The span of a delivery, in a trace of its own, as the program that makes a run for it sends it. */
async function sendDelivery({ jaeger }: FollowCluster): Promise<{ traceId: string; traceparent: string }> {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  const startTimeUnixNano = BigInt(Date.now()) * 1_000_000n;
  const span = {
    ...{ traceId, spanId, name: 'delivery', kind: 2 },
    ...{ startTimeUnixNano: String(startTimeUnixNano), endTimeUnixNano: String(startTimeUnixNano + 600n * SECOND_NS) },
  };
  const attributes = [{ key: 'service.name', value: { stringValue: 'release' } }];
  const body = JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] });
  const response = await fetch(jaeger.nodeOtlpUrl, { method: 'POST', body, headers: { 'content-type': 'application/json' } }); // prettier-ignore
  if (!response.ok) throw new Error(`the span of the delivery was not accepted: ${response.status}`);
  return { traceId, traceparent: `00-${traceId}-${spanId}-01` };
}

/** Makes the run for a delivery, by name of a user or of the administrator. */
const forDelivery =
  (annotationsOf: (traceparent: string) => Record<string, string>, user?: string) =>
  async (cluster: FollowCluster, namespace: string, written: Written): Promise<Made> => {
    const { traceId, traceparent } = await sendDelivery(cluster);
    const annotated = { ...written, metadata: { ...written.metadata, annotations: annotationsOf(traceparent) } };
    const client = user === undefined ? cluster.client : cluster.clientAs(user);
    return { live: await LiveRun.create(cluster, namespace, annotated, client), linkedTrace: traceId };
  };

const parent = (traceparent: string): Record<string, string> => ({
  [PARENT_SPAN_CONTEXT]: JSON.stringify({ traceparent }),
});

/** Runs whose creators name the span that they belong to. */
export const inbound: Kind[] = [
  {
    title: 'a run below a delivery’s span, which a trusted creator names: it is in that trace',
    run: pipelineRun('joined', [task('only', [step('only')])]),
    make: forDelivery(parent, upstreamController),
    tree: { 'RUN joined = success': [...begun, ran('only', 'only')] },
    steps: 1,
  },
  {
    title: 'a run for which somebody who is not trusted names a span: it links to that trace',
    run: pipelineRun('linked', [task('only', [step('only')])]),
    make: forDelivery(parent),
    isLinked: true,
    tree: { 'RUN linked = success': [...begun, ran('only', 'only')] },
    steps: 1,
  },
  {
    title: 'a TaskRun with a delivery’s traceparent: it links to that trace',
    run: taskRun('linked-taskrun', [step('only')]),
    make: forDelivery((traceparent) => ({ [DELIVERY_TRACEPARENT]: traceparent })),
    isLinked: true,
    tree: { 'RUN linked-taskrun = success': [...begun, 'pod scheduling', 'pod starting', 'init prepare', 'step only = success'] }, // prettier-ignore
    steps: 1,
  },
];
