import { randomBytes } from 'node:crypto';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';

import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { PIPELINE_RUNS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { shutdownSignal } from '../../shared/runtime/shutdown.ts';
import type { PipelineRun } from '../../shared/tekton/types.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import type { SpanSink } from '../../shared/tracing/exporters/sink.ts';
import { pipelineRunSpan } from '../../shared/tracing/run-context.ts';
import { LIFECYCLE_SERVICE, serviceResource } from '../../shared/tracing/resource.ts';
import { toReadableSpan } from '../../shared/tracing/span-record.ts';
import type { SpanSettings } from '../../shared/tracing/span-settings.ts';
import { readTelemetry } from '../../shared/tracing/telemetry.ts';
import { CommandError } from '../errors.ts';
import { readKubeconfig } from '../kubeconfig-file.ts';
import { CLUSTER_LOG, logOptions, logSettings } from '../log-options.ts';
import { exporterOptions, exporterSettings, parseOptions, text } from '../options.ts';
import type { CommandSpec } from '../options.ts';
import { VERSION } from '../version.ts';

const TIMEOUT_MS = 30_000;

export const checkSpec: CommandSpec = {
  name: 'check',
  summary:
    'Checks an installation: creates a PipelineRun by dry run, which must come back with the context of its trace,\nand sends one span to the collector. Nothing is stored in the cluster.',
  options: {
    namespace: { type: 'string', value: 'NAME', help: 'Namespace of the PipelineRun (default default).' },
    kubeconfig: {
      type: 'string',
      value: 'FILE',
      help: 'Default: KUBECONFIG, the Pod’s service account, ~/.kube/config.',
    },
    ...exporterOptions,
    ...logOptions(CLUSTER_LOG),
  },
  examples: ['tektrace check --namespace ci --jaeger-collector-url http://jaeger-collector.jaeger:4318/v1/traces'],
};

/** A run that Tekton's own admission accepts, and that nobody executes: it is never stored. */
export const pipelineRun = {
  apiVersion: 'tekton.dev/v1',
  kind: 'PipelineRun',
  metadata: { generateName: 'tektrace-check-' },
  spec: {
    pipelineSpec: {
      tasks: [{ name: 'check', taskSpec: { steps: [{ name: 'check', image: 'none', command: ['true'] }] } }],
    },
  },
};

/** The context that the webhook gave to a run of `namespace`. Throws CommandError if it gave none, or if the cluster has no PipelineRuns. */
async function stampedContext(client: KubeClient, namespace: string, signal: AbortSignal): Promise<SpanCarrier> {
  const path = resourcePath(PIPELINE_RUNS, { namespace });
  const run = await client
    .request<PipelineRun>('POST', path, { body: pipelineRun, query: { dryRun: 'All' }, signal })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw new CommandError(
        `${client.server} serves no PipelineRuns of tekton.dev/v1, or has no namespace ${namespace}: install Tekton, or set controller.manage=all`,
        1,
      );
    });
  const context = pipelineRunSpan(run);
  if (context !== undefined) return context;
  throw new CommandError(
    `a PipelineRun in namespace ${namespace} was admitted without a trace context: the API server called no webhook of Tektrace, or got no answer. Look at the webhook's Pods and their log, at the caBundle of its MutatingWebhookConfiguration, and for the label tektrace.dev/ignore on the namespace`,
    1,
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

/** Resolves to 0 if everything was well. Throws CommandError (exit 1) with what was not. */
export async function checkCommand(args: string[]): Promise<number> {
  const { values } = parseOptions(checkSpec, args);
  const log = createLogger(logSettings(values, CLUSTER_LOG));
  const { sink, spans } = await readTelemetry(exporterSettings(values), process.env, log);
  const client = createKubeClient(readKubeconfig(text(values, 'kubeconfig')), {
    userAgent: `tektrace-check/${VERSION}`,
    log,
  });
  const namespace = text(values, 'namespace') ?? 'default';
  const startMs = Date.now();
  try {
    const signal = AbortSignal.any([shutdownSignal(), AbortSignal.timeout(TIMEOUT_MS)]);
    const { traceId } = await stampedContext(client, namespace, signal);
    process.stdout.write(`ok: a PipelineRun in namespace ${namespace} gets its trace context from the webhook\n`);
    if (sink === undefined) {
      process.stdout.write('no collector is set: no span was sent\n');
      return 0;
    }
    await sendSpan(sink, spans, traceId, startMs).catch((error: unknown) => {
      throw new CommandError(`the collector did not accept a span: ${(error as Error).message}`, 1);
    });
    process.stdout.write(`ok: ${sink.target} accepted a span, "tektrace check" in trace ${traceId}\n`);
    return 0;
  } finally {
    await sink?.close();
    client.close();
  }
}
