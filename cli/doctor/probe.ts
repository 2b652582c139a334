import { randomBytes } from 'node:crypto';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';
import { PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { LIFECYCLE_SERVICE, serviceResource } from '../../shared/tracing/resource.ts';
import { pipelineRunSpan } from '../../shared/tracing/run-context.ts';
import { toReadableSpan } from '../../shared/tracing/span-record.ts';
import type { SpanSettings } from '../../shared/tracing/span-settings.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { INSTALL_TEKTON } from './tekton.ts';
import { WEBHOOK_LABELS } from './webhook.ts';

const ABOUT = 'webhook';
/** Of the collector's answer. */
const TIMEOUT_MS = 30_000;

/** A run that Tekton's own admission accepts, and that nobody executes: it is never stored. */
const PROBE = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'tektrace-check-' },
  spec: {
    pipelineSpec: {
      tasks: [{ name: 'check', taskSpec: { steps: [{ name: 'check', image: 'none', command: ['true'] }] } }],
    },
  },
};

export interface Admission {
  findings: Finding[];
  /** The trace of the probe, if the webhook gave it one. */
  traceId?: string;
}

/** Creates a PipelineRun by dry run. Says whether it gets its context, whether it is sampled, and whether the cluster's clock is this machine's. */
export async function checkAdmission(
  client: KubeClient,
  namespace: string,
  now: () => number,
  signal?: AbortSignal,
): Promise<Admission> {
  const startMs = now();
  let admitted: KubeObject;
  try {
    admitted = await client.request<KubeObject>('POST', resourcePath(PIPELINE_RUNS, { namespace }), {
      ...{ body: PROBE, query: { dryRun: 'All' } },
      ...(signal && { signal }),
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return {
      findings: [
        finding('failed', ABOUT, `a PipelineRun can't be created in ${namespace}: ${error.message}`, remedyOf(error)),
      ],
    };
  }
  const clock = clockFinding(Date.parse(admitted.metadata.creationTimestamp ?? ''), startMs, now());
  const context = pipelineRunSpan(admitted);
  if (!context)
    return {
      findings: [
        finding(
          'failed',
          ABOUT,
          `a PipelineRun in ${namespace} was admitted without a trace context: the webhook was not called, or did not answer`,
          `look at its Pods and their log (kubectl get pods -A ${WEBHOOK_LABELS}), at the caBundle of its MutatingWebhookConfiguration, and for the label tektrace.dev/ignore on the namespace`,
        ),
        clock,
      ],
    };
  return {
    traceId: context.traceId,
    findings: [
      finding('ok', ABOUT, `a PipelineRun in ${namespace} gets its trace context`),
      context.sampled
        ? finding('ok', 'sampling', 'the PipelineRun is sampled')
        : finding(
            'warning',
            'sampling',
            'the PipelineRun is not sampled: only failures are exported',
            'raise sampling.ratio of the chart, or the share of the namespace',
          ),
      clock,
    ],
  };
}

function remedyOf({ status, details }: ApiError): string {
  if (status === 403) return 'use a user that may create PipelineRuns there, or another namespace (--namespace NAME)';
  if (status !== 404) return "what refused it says why; Tekton's own webhook has to run";
  return details?.kind === 'namespaces' ? 'choose a namespace that exists: --namespace NAME' : INSTALL_TEKTON;
}

/** The cluster's time has whole seconds. */
const CLOCK_TOLERANCE_MS = 2000;

function clockFinding(clusterMs: number, startMs: number, endMs: number): Finding {
  if (Number.isNaN(clusterMs)) return finding('unknown', 'clock', 'the API server wrote no creation time');
  const offMs = clusterMs < startMs - 1000 ? clusterMs - startMs : clusterMs > endMs ? clusterMs - endMs : 0;
  const seconds = Math.round(Math.abs(offMs) / 1000);
  if (Math.abs(offMs) <= CLOCK_TOLERANCE_MS) return finding('ok', 'clock', 'the API server and this machine agree');
  return finding(
    'warning',
    'clock',
    `the API server's clock is ${seconds} s ${offMs < 0 ? 'behind' : 'ahead of'} this machine's`,
    'set both by NTP: spans of programs and of nodes are placed by their own clocks',
  );
}

/** Sends the span `tektrace check`, as the root of the trace `traceId`. Throws what the sink throws. */
export async function sendSpan(
  sink: SpanSink,
  settings: SpanSettings,
  traceId: string,
  startMs: number,
): Promise<void> {
  const span = {
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: 'tektrace check',
    kind: SpanKind.INTERNAL,
    startMs,
    endMs: Date.now(),
    attributes: {},
    status: { code: SpanStatusCode.UNSET },
    events: [],
    links: [],
  };
  const resource = serviceResource(LIFECYCLE_SERVICE, 'tektrace-check', settings.resourceAttributes);
  await sink.send([toReadableSpan(span, resource, settings.limits)], AbortSignal.timeout(TIMEOUT_MS));
}
