import { createLogger } from '../../shared/runtime/log.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { aborted, shutdownSignal } from '../../shared/runtime/shutdown.ts';
import type { Interrupted } from '../../shared/runtime/shutdown.ts';
import { isSuccessful } from '../../shared/tekton/conditions.ts';
import { readTelemetry } from '../../shared/tracing/telemetry.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import { CommandError } from '../errors.ts';
import { execute } from '../run/execute.ts';
import { signalName } from '../follow/cancel.ts';
import { createObject } from '../follow/create.ts';
import { withInboundParent } from '../follow/inbound-parent.ts';
import type { Manifest } from '../follow/manifests.ts';
import { readRunnable } from '../follow/runnable.ts';
import { announceRuns } from '../local/announce-runs.ts';
import { startLocalCluster } from '../local/cluster.ts';
import type { LocalCluster, LocalClusterOptions } from '../local/cluster.ts';
import { logOptions, logSettings, TERMINAL_LOG } from '../options/log-options.ts';
import {
  choice,
  exporterOptions,
  exporterSettings,
  list,
  parseOptions,
  port,
  text,
  jaegerUiOption,
  jaegerUiUrl,
  viewOptions,
  viewSettings,
} from '../options/options.ts';
import type { CommandSpec, OptionValues } from '../options/options.ts';
import { runInputs } from '../run/run-inputs.ts';
import { createTerminal } from '../text/terminal.ts';
import type { Terminal } from '../text/terminal.ts';
import { unlessInterrupted } from '../process/until-interrupted.ts';
import { VERSION } from '../version.ts';

/** Beside 16686, where Jaeger has its page. */
const USUAL_PAGE_PORT = 18686;

export const upSpec: CommandSpec = {
  name: 'up',
  strayHint: ': name a file with --run FILE',
  summary: 'Starts an embedded cluster with the page of its traces, and keeps it until Ctrl-C.',
  options: {
    run: {
      type: 'string',
      multiple: true,
      value: 'FILE',
      help: 'Create the objects in FILE, follow its runs, draw their traces; may be repeated.\nA file, a directory, a pattern or -, as with tektrace run -f.',
    },
    exit: { type: 'boolean', help: 'End after these runs; exit code 1 if one failed.' },
    ...viewOptions,
    ...exporterOptions,
    'api-port': { type: 'string', value: 'PORT', help: 'Port of the API server (default: any).' },
    'jaeger-ui-url': jaegerUiOption,
    'page-port': {
      type: 'string',
      value: 'PORT',
      help: `Port of the page (default: ${USUAL_PAGE_PORT} if it is free, else any).`,
    },
    isolation: { type: 'string', value: 'auto|namespaces|plain', help: 'How the node runs containers (default auto).' },
    ...logOptions(TERMINAL_LOG),
  },
  examples: [
    'tektrace up',
    'tektrace up --run examples/build-and-test.yaml --exit',
    'tektrace up --jaeger-collector-url http://localhost:4318/v1/traces',
  ],
};

const kubectlLine = (kubeconfigFile: string): string => `  kubectl   export KUBECONFIG=${kubeconfigFile}`;

/** What to do with the cluster. The way to it is said again if traces were drawn since the first time: it is above the screen. */
export function readyText(kubeconfigFile: string, isScrolledAway: boolean): string {
  return [
    '',
    '  Runs that you create with kubectl are reported here.',
    ...(isScrolledAway ? [kubectlLine(kubeconfigFile)] : []),
    '  Ctrl-C ends the cluster and removes everything it made.',
    '',
  ].join('\n');
}

function greet(cluster: LocalCluster, terminal: Terminal): void {
  terminal.print(`${terminal.bold(`Tektrace ${VERSION}`)}  an embedded cluster on this machine\n`);
  terminal.print(kubectlLine(cluster.kubeconfigFile));
  terminal.print(`  steps     run in ${cluster.node.isolation} isolation: ${cluster.node.isolationReason}`);
  terminal.print(`  traces    ${cluster.traces.pageUrl()}\n`);
}

interface GivenRunsOptions {
  /** Gets the UIDs of the runs. */
  followed: Set<string>;
  isFull: boolean;
  isPlain: boolean;
  terminal: Terminal;
  signal: AbortSignal;
  log: Logger;
}

/** Runs the `manifests`. Resolves to the exit code: 1 if one of the runs failed. */
async function runGiven(
  cluster: LocalCluster,
  manifests: Manifest[],
  { followed, isFull, isPlain, terminal, signal, log }: GivenRunsOptions,
): Promise<number> {
  let failed = false;
  await runInputs({
    client: cluster.client,
    isOwnCluster: true,
    manifests,
    namespace: 'default',
    prepare: async (run, where) => {
      await createObject(cluster.client, run, 'default', { dryRun: true, where });
      return withInboundParent(run, process.env);
    },
    follow: async (created) => {
      followed.add(created.metadata.uid ?? '');
      const { run } = await execute({
        client: cluster.client,
        run: created,
        traces: {
          name: cluster.traces.url,
          read: async (id) => cluster.traces.trace(id),
          settled: () => cluster.flush(),
        },
        kubeconfigFile: cluster.kubeconfigFile,
        isKept: true,
        isFull,
        isPlain,
        terminal,
        log,
        // One signal ends the cluster and its runs.
        interrupts: { first: signal, second: signal },
      });
      if (signal.aborted) return;
      const traceId = runSpan(run)?.traceId;
      if (traceId !== undefined)
        terminal.print(`\n  This trace as a page:\n  ${terminal.bold(cluster.traces.runUrl(traceId))}`);
      failed ||= !isSuccessful(run);
    },
    log,
    signal,
  });
  return failed ? 1 : 0;
}

/** For a port that is taken: the option that chooses another. */
function namingOption(error: unknown, values: OptionValues): unknown {
  const { code, port: taken } = error as { code?: string; port?: number };
  const option = ['api-port', 'page-port'].find((name) => text(values, name) === String(taken));
  if (code !== 'EADDRINUSE' || option === undefined) return error;
  return new CommandError(`port ${taken} is taken: choose another with --${option}`);
}

const interruptedBy = (signal: AbortSignal): Interrupted | undefined => signal.reason as Interrupted | undefined;

/** Runs until a signal, or with `--exit` until the given runs have ended. Resolves to the exit code. */
export async function upCommand(args: string[]): Promise<number> {
  const { values } = parseOptions(upSpec, args);
  const terminal = createTerminal(process.stdout);
  const log = createLogger({
    ...logSettings(values, TERMINAL_LOG),
    write: (line) => terminal.aside(() => process.stderr.write(line)),
  });
  const view = viewSettings(values);
  const signal = shutdownSignal();
  const files = list(values, 'run');
  if (values.exit === true && files.length === 0) throw new CommandError('--exit: needs --run FILE');
  const manifests = files.length === 0 ? undefined : await readRunnable(files);
  const options: LocalClusterOptions = {
    isolation: choice(values, 'isolation', ['auto', 'namespaces', 'plain'], 'auto'),
    apiPort: port(values, 'api-port', 0),
    jaegerUiUrl: jaegerUiUrl(values),
    ...(text(values, 'page-port') !== undefined && { pagePort: port(values, 'page-port', 0) }),
    usualPagePort: USUAL_PAGE_PORT,
    ...(await readTelemetry(exporterSettings(values), process.env, log)),
    signal,
    log,
  };
  const cluster = await unlessInterrupted(signal, () =>
    startLocalCluster(options).catch((error: unknown) => {
      throw namingOption(error, values);
    }),
  );
  const early = interruptedBy(signal);
  if (!cluster) {
    if (early)
      terminal.print(`${signalName(early.signal)}: ended before the cluster was ready; all that was made is removed`);
    return early?.exitCode ?? 1;
  }
  const followed = new Set<string>();
  try {
    greet(cluster, terminal);
    const code =
      manifests === undefined ? 0 : await runGiven(cluster, manifests, { ...view, followed, terminal, signal, log });
    const exitCode = interruptedBy(signal)?.exitCode ?? (values.exit === true ? code : undefined);
    if (exitCode !== undefined) return exitCode;
    terminal.print(readyText(cluster.kubeconfigFile, manifests !== undefined));
    announceRuns({ cluster, terminal, known: followed, log, signal });
    await aborted(signal);
    return 0;
  } catch (error) {
    const interrupted = interruptedBy(signal);
    if (interrupted) return interrupted.exitCode;
    throw error;
  } finally {
    const interrupted = interruptedBy(signal);
    terminal.print(
      interrupted ? `\n${signalName(interrupted.signal)}: removing the cluster and all that ran in it` : '',
    );
    await cluster.close();
  }
}
