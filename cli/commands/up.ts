import { createLogger } from '../../shared/runtime/log.ts';
import { aborted, shutdownSignal } from '../../shared/runtime/shutdown.ts';
import { isSuccessful } from '../../shared/tekton/conditions.ts';
import { createSink } from '../../shared/tracing/exporters/factory.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import { execute } from '../execute.ts';
import { withInboundParent } from '../follow/inputs.ts';
import { readManifests } from '../follow/manifests.ts';
import { startLocalCluster } from '../local/cluster.ts';
import type { LocalCluster } from '../local/cluster.ts';
import { logOptions, logSettings } from '../log-options.ts';
import { choice, exporterOptions, exporterSettings, parseOptions, port, text } from '../options.ts';
import type { CommandSpec } from '../options.ts';
import { createTerminal } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';

export const upSpec: CommandSpec = {
  name: 'up',
  summary: 'Starts an embedded cluster with the page of its traces, and keeps it until Ctrl-C.',
  options: {
    run: { type: 'string', value: 'FILE', help: 'Create what FILE holds, follow its first run and draw its trace.' },
    exit: { type: 'boolean', help: 'End with that run, with its result as the exit code.' },
    ...exporterOptions,
    'api-port': { type: 'string', value: 'PORT', help: 'Of the API server (default: any).' },
    'page-port': { type: 'string', value: 'PORT', help: 'Of the page (default: any).' },
    isolation: { type: 'string', value: 'auto|namespaces|plain', help: 'How the node runs containers (default auto).' },
    ...logOptions,
  },
  examples: [
    'tektrace up',
    'tektrace up --run examples/build-and-test.yaml --exit',
    'tektrace up --jaeger-collector-url http://localhost:4318/v1/traces',
  ],
};

function greet(cluster: LocalCluster, terminal: Terminal): void {
  terminal.print(`${terminal.bold(`Tektrace ${VERSION}`)}  an embedded cluster on this machine\n`);
  terminal.print(`  kubectl   export KUBECONFIG=${cluster.kubeconfigFile}`);
  terminal.print(`  steps     run in ${cluster.node.isolation} isolation: ${cluster.node.isolationReason}`);
  terminal.print(`  traces    ${cluster.traces.pageUrl()}\n`);
}

async function runExample(
  cluster: LocalCluster,
  file: string,
  terminal: Terminal,
  signal: AbortSignal,
  log: ReturnType<typeof createLogger>,
): Promise<number> {
  const { run, trace } = await execute({
    client: cluster.client,
    objects: await readManifests(file),
    namespace: 'default',
    prepare: (created) => withInboundParent(created, process.env),
    traces: { name: cluster.traces.url, read: async (id) => cluster.traces.trace(id), settled: () => cluster.flush() },
    terminal,
    log,
    signal,
  });
  if (trace) {
    terminal.print('');
    terminal.waterfall(trace);
  }
  terminal.print(`\n  This trace as a page: ${terminal.bold(cluster.traces.pageUrl(runSpan(run)?.traceId))}`);
  return isSuccessful(run) ? 0 : 1;
}

/** Runs until a signal ends it, or with `--exit` until the run given has ended. Resolves to the exit code. */
export async function upCommand(args: string[]): Promise<number> {
  const { values } = parseOptions(upSpec, args);
  const log = createLogger(logSettings({ 'log-level': 'warn', 'log-format': 'text', ...values }));
  const terminal = createTerminal(process.stdout);
  const signal = shutdownSignal();
  const cluster = await startLocalCluster({
    isolation: choice(values, 'isolation', ['auto', 'namespaces', 'plain'], 'auto'),
    apiPort: port(values, 'api-port', 0),
    pagePort: port(values, 'page-port', 0),
    sink: await createSink(exporterSettings(values)),
    log,
  });
  const file = text(values, 'run');
  try {
    greet(cluster, terminal);
    const code = file === undefined ? 0 : await runExample(cluster, file, terminal, signal, log);
    if (values.exit === true) return code;
    terminal.print('\n  Ctrl-C ends the cluster and removes everything it made.');
    await aborted(signal);
    return 0;
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  } finally {
    terminal.print('');
    await cluster.close();
  }
}
