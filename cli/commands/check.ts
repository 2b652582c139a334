import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import { shutdownSignal } from '../../shared/runtime/shutdown.ts';
import { readTelemetry } from '../../shared/tracing/telemetry.ts';
import { sendSpan } from '../doctor/collector.ts';
import { checkAdmission } from '../doctor/probe.ts';
import { CommandError, sentence } from '../errors.ts';
import { readKubeconfig } from '../options/kubeconfig-file.ts';
import { CLUSTER_LOG, logOptions, logSettings } from '../options/log-options.ts';
import { exporterOptions, exporterSettings, parseOptions, text } from '../options/options.ts';
import type { CommandSpec } from '../options/options.ts';
import { VERSION } from '../version.ts';

const TIMEOUT_MS = 30_000;

export const checkSpec: CommandSpec = {
  name: 'check',
  summary:
    'Checks an installation: creates a PipelineRun by dry run, which must come back with the context of its trace,\nand sends one span to the collector. Nothing is stored in the cluster.',
  options: {
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAME',
      help: 'Namespace of the PipelineRun (default: default).',
    },
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

/** The id of the trace that the webhook gave to a run of `namespace`. Throws CommandError (exit 1) if it gave none. */
async function admittedTrace(client: KubeClient, namespace: string, signal: AbortSignal): Promise<string> {
  const { context, findings } = await checkAdmission(client, namespace, Date.now, signal);
  if (context) return context.traceId;
  const { text: found = '', remedy = '' } = findings.find(({ about }) => about === 'webhook') ?? {};
  throw new CommandError(`${found}: ${remedy}`, 1);
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
    const traceId = await admittedTrace(client, namespace, signal);
    process.stdout.write(`ok: a PipelineRun in ${namespace} gets its trace context from the webhook\n`);
    if (sink === undefined) {
      process.stdout.write('no collector is set: no span was sent\n');
      return 0;
    }
    await sendSpan(sink, spans, traceId, startMs).catch((error: unknown) => {
      throw new CommandError(`the collector did not accept a span: ${sentence(error)}`, 1);
    });
    process.stdout.write(`ok: ${sink.target} accepted a span, "tektrace check" in trace ${traceId}\n`);
    return 0;
  } finally {
    await sink?.close();
    client.close();
  }
}
