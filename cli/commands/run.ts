import { createKubeClient } from '../../shared/kubernetes/client.ts';
import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { createLogger } from '../../shared/runtime/log.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { interrupts } from '../../shared/runtime/shutdown.ts';
import type { Interrupted } from '../../shared/runtime/shutdown.ts';
import { isSuccessful } from '../../shared/tekton/conditions.ts';
import { readTelemetry } from '../../shared/tracing/telemetry.ts';
import { CommandError } from '../errors.ts';
import { execute } from '../execute.ts';
import { endAfterSecond, untilInterrupted } from '../until-interrupted.ts';
import type { ExecutedRun } from '../execute.ts';
import { createObject } from '../follow/create.ts';
import { checkNames, withInboundParent, withParams, withWorkspaces, workspaceDirectories } from '../follow/inputs.ts';
import { readRunnable } from '../follow/runnable.ts';
import { validateRun } from '../follow/validate.ts';
import { startLocalCluster } from '../local/cluster.ts';
import type { LocalCluster } from '../local/cluster.ts';
import { claimDirectories } from '../local/workspaces.ts';
import { logOptions, logSettings } from '../log-options.ts';
import { choice, durationMs, exporterOptions, exporterSettings, list, parseOptions, text } from '../options.ts';
import type { CommandSpec, OptionValues } from '../options.ts';
import { reportOf, writeTrace } from '../report.ts';
import { runInputs } from '../run-inputs.ts';
import { createTerminal } from '../terminal.ts';
import { findTraceSource } from '../trace-source.ts';
import type { TraceSource } from '../trace-source.ts';

export const runSpec: CommandSpec = {
  name: 'run',
  summary:
    'Creates what the files hold, follows their PipelineRuns and TaskRuns, and draws the traces.\nIn an embedded cluster of its own, unless --kubeconfig names another.',
  options: {
    file: {
      type: 'string',
      short: 'f',
      multiple: true,
      value: 'FILE',
      help: 'YAML or JSON (- = standard input); may be repeated.',
    },
    param: {
      type: 'string',
      short: 'p',
      multiple: true,
      value: 'NAME=VALUE',
      help: 'A param of the run; may be repeated.',
    },
    workspace: {
      type: 'string',
      short: 'w',
      multiple: true,
      value: 'NAME=DIR',
      help: 'Bind a workspace to a directory of this machine (embedded cluster only).',
    },
    timeout: { type: 'string', value: 'D', help: 'Cancel the run after this time (90s, 5m).' },
    ...exporterOptions,
    'jaeger-query-url': {
      type: 'string',
      value: 'URL',
      help: 'With --kubeconfig: the Jaeger (port 16686) to read the trace from.',
    },
    'trace-out': { type: 'string', value: 'FILE', help: 'Write the whole trace as one OTLP JSON document.' },
    output: {
      type: 'string',
      short: 'o',
      value: 'text|json',
      help: 'json: one object with name, result, results and trace id (default text).',
    },
    kubeconfig: { type: 'string', value: 'FILE', help: 'Run it there, instead of in an embedded cluster.' },
    namespace: { type: 'string', short: 'n', value: 'NAME', help: 'For objects without one (default default).' },
    isolation: {
      type: 'string',
      value: 'auto|namespaces|plain',
      help: 'How the embedded node runs containers (default auto).',
    },
    ...logOptions,
  },
  examples: [
    'tektrace run -f examples/build-and-test.yaml',
    'tektrace run -f run.yaml -p revision=main -w source=. --trace-out trace.json',
    'tektrace run -f run.yaml --jaeger-collector-url http://localhost:4318/v1/traces',
  ],
};

interface Cluster {
  client: KubeClient;
  traces: TraceSource | undefined;
  local?: LocalCluster;
  kubeconfigFile: string;
  close(): Promise<void>;
}

function kubeconfigFile(file: string): ReturnType<typeof loadKubeConfig> {
  try {
    return loadKubeConfig({ file });
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandError(`--kubeconfig ${file}: ${missing ? 'no such file' : String((error as Error).message)}`);
  }
}

async function existingCluster(file: string, values: OptionValues): Promise<Cluster> {
  if (list(values, 'workspace').length > 0)
    throw new CommandError(
      '--workspace binds a directory of this machine: it works in the embedded cluster only, not with --kubeconfig',
    );
  const client = createKubeClient(kubeconfigFile(file), { userAgent: 'tektrace-cli' });
  return {
    client,
    traces: await findTraceSource(text(values, 'jaeger-query-url'), file),
    kubeconfigFile: file,
    close: async () => client.close(),
  };
}

async function embeddedCluster(values: OptionValues, log: Logger): Promise<Cluster> {
  const local = await startLocalCluster({
    isolation: choice(values, 'isolation', ['auto', 'namespaces', 'plain'], 'auto'),
    ...(await readTelemetry(exporterSettings(values), process.env, log)),
    log,
  });
  return {
    client: local.client,
    traces: { name: local.traces.url, read: async (id) => local.traces.trace(id), settled: () => local.flush() },
    local,
    kubeconfigFile: local.kubeconfigFile,
    close: () => local.close(),
  };
}

/** What is left to do when all runs have ended: the files and reports that were asked for. Resolves to the exit code. */
async function finish(
  executed: ExecutedRun[],
  values: OptionValues,
  interrupted: Interrupted | undefined,
): Promise<number> {
  const file = text(values, 'trace-out');
  if (file !== undefined) {
    const traces = executed.map(({ trace }) => trace).filter((trace) => trace !== undefined);
    if (traces.length > 0) await writeTrace(file, traces);
    else if (interrupted) process.stderr.write(`tektrace: --trace-out ${file}: not written, there is no span yet\n`);
    else
      throw new CommandError(
        `--trace-out ${file}: no trace was found${text(values, 'kubeconfig') === undefined ? '' : '; name a Jaeger with --jaeger-query-url'}`,
        1,
      );
  }
  if (text(values, 'output') === 'json')
    for (const { run } of executed) process.stdout.write(`${JSON.stringify(reportOf(run))}\n`);
  return interrupted?.exitCode ?? (executed.every(({ run }) => isSuccessful(run)) ? 0 : 1);
}

/** Exit code: 0 all runs succeeded, 1 one of them failed, 2 the input can't be used, 128 and its number for a signal. */
export async function runCommand(args: string[]): Promise<number> {
  const { values } = parseOptions(runSpec, args);
  const files = list(values, 'file');
  if (files.length === 0) throw new CommandError(`-f FILE is missing\nSee: tektrace run --help`);
  const terminal = createTerminal(
    choice(values, 'output', ['text', 'json'], 'text') === 'json' ? process.stderr : process.stdout,
  );
  const timeoutMs = durationMs(values, 'timeout');
  const directories = workspaceDirectories(list(values, 'workspace'));
  const manifests = await readRunnable(files);
  const objects = manifests.map(({ object }) => object);
  const log = createLogger(logSettings({ 'log-level': 'warn', 'log-format': 'text', ...values }));
  const asked = interrupts();
  endAfterSecond(asked);
  const interrupted = (): Interrupted | undefined =>
    (asked.second.reason ?? asked.first.reason) as Interrupted | undefined;
  const kubeconfig = text(values, 'kubeconfig');
  const cluster =
    kubeconfig === undefined ? await embeddedCluster(values, log) : await existingCluster(kubeconfig, values);
  const namespace = text(values, 'namespace') ?? 'default';
  const executed: ExecutedRun[] = [];
  try {
    await untilInterrupted(asked, terminal, (isFollowing) =>
      runInputs({
        client: cluster.client,
        isOwnCluster: cluster.local !== undefined,
        manifests,
        namespace,
        prepare: async (run, where) => {
          checkNames(run, objects, {
            params: list(values, 'param').map((option) => option.split('=')[0] ?? ''),
            workspaces: directories.map(([name]) => name),
          });
          const claims = cluster.local
            ? await claimDirectories(cluster.local, run.metadata.namespace ?? namespace, directories)
            : [];
          const given = withInboundParent(withWorkspaces(withParams(run, list(values, 'param')), claims), process.env);
          // Elsewhere upstream may execute what the controllers of the embedded cluster refuse.
          if (cluster.local) {
            await createObject(cluster.client, given, namespace, { dryRun: true, where });
            validateRun(given, objects);
          }
          return given;
        },
        follow: async (run) => {
          isFollowing();
          const ended = await execute({
            client: cluster.client,
            run,
            traces: cluster.traces,
            ...(timeoutMs !== undefined && { timeoutMs }),
            kubeconfigFile: cluster.kubeconfigFile,
            terminal,
            log,
            interrupts: asked,
          });
          executed.push(ended);
          if (ended.trace && !asked.second.aborted) {
            terminal.print('');
            terminal.waterfall(ended.trace);
          }
        },
        log,
        signal: asked.first,
      }),
    );
    return await finish(executed, values, interrupted());
  } finally {
    await cluster.close();
  }
}
