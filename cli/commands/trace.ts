import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { PIPELINE_RUNS, resourcePath, TASK_RUNS } from '../../shared/kubernetes/resources.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import { CommandError } from '../errors.ts';
import type { Run } from '../follow/follow-run.ts';
import { contextNamespace, readKubeconfig } from '../kubeconfig-file.ts';
import { fullOption, httpUrl, parseOptions, text } from '../options.ts';
import type { CommandSpec } from '../options.ts';
import { showWhole } from '../show-trace.ts';
import { createTerminal } from '../terminal.ts';
import { checkTraceFile, isStandardOutput, writeTrace } from '../trace-file.ts';
import { findTraceSource, jaegerHeadersOption } from '../trace-source.ts';

export const traceSpec: CommandSpec = {
  name: 'trace',
  summary: 'Draws the trace of a PipelineRun or TaskRun.',
  positionals: 'RUN',
  options: {
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAME',
      help: 'Namespace of the run (default: kubectl’s, else default).',
    },
    kubeconfig: { type: 'string', value: 'FILE', help: 'Default: KUBECONFIG, ~/.kube/config.' },
    'jaeger-query-url': {
      type: 'string',
      value: 'URL',
      help: 'The Jaeger to read from, like http://localhost:16686\n(default: the trace store, for the cluster of tektrace up).',
    },
    'jaeger-headers-file': jaegerHeadersOption,
    full: fullOption,
    'trace-out': { type: 'string', value: 'FILE', help: 'Also write the whole trace as one OTLP JSON document.' },
  },
  examples: [
    'tektrace trace build-and-test-x7k2p',
    'tektrace trace build-and-test-x7k2p -n ci --jaeger-query-url http://localhost:16686',
  ],
};

/** The PipelineRun, else the TaskRun of this name. Throws CommandError (exit 2) if there is neither. */
export async function findRun(client: KubeClient, namespace: string, name: string): Promise<Run> {
  for (const resource of [PIPELINE_RUNS, TASK_RUNS]) {
    try {
      return await client.request<Run>('GET', resourcePath(resource, { namespace, name }));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  throw new CommandError(`no PipelineRun or TaskRun ${name} in namespace ${namespace} of ${client.server}`);
}

/** Exit code: 0 drawn, 1 nothing arrived, 2 no such run. */
export async function traceCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(traceSpec, args);
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0)
    throw new CommandError('expected the name of one run\nSee: tektrace trace --help');
  const jaegerQueryUrl = httpUrl(values, 'jaeger-query-url');
  const traceOut = text(values, 'trace-out');
  if (traceOut !== undefined) await checkTraceFile(traceOut);
  const kubeconfig = text(values, 'kubeconfig');
  const config = readKubeconfig(kubeconfig);
  const client = createKubeClient(config, { userAgent: 'tektrace-cli' });
  try {
    const run = await findRun(client, text(values, 'namespace') ?? contextNamespace(config), name);
    const own = runSpan(run);
    if (!own)
      throw new CommandError(
        `${run.kind} ${name} has no span context: it was created before Tektrace was installed, or no trace is exported`,
        1,
      );
    const traces = await findTraceSource(
      jaegerQueryUrl,
      kubeconfig ?? process.env.KUBECONFIG,
      text(values, 'jaeger-headers-file'),
    );
    if (!traces)
      throw new CommandError('where are the traces? name a Jaeger with --jaeger-query-url http://HOST:16686');
    const trace = await traces.read(own.traceId);
    if (!trace) throw new CommandError(`${traces.name} has no span of trace ${own.traceId} yet`, 1);
    const isStdoutTaken = traceOut !== undefined && isStandardOutput(traceOut);
    showWhole(trace, run, {
      terminal: createTerminal(isStdoutTaken ? process.stderr : process.stdout),
      isFull: values.full === true,
    });
    if (traceOut !== undefined) await writeTrace(traceOut, [trace]);
    return 0;
  } finally {
    client.close();
  }
}
