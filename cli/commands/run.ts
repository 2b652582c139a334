import { createLogger } from '../../shared/runtime/log.ts';
import { interrupts } from '../../shared/runtime/shutdown.ts';
import type { Interrupted } from '../../shared/runtime/shutdown.ts';
import { isSuccessful } from '../../shared/tekton/conditions.ts';
import { CommandError } from '../errors.ts';
import { execute } from '../run/execute.ts';
import {
  endAfterSecond,
  tellNothingStarted,
  unlessInterrupted,
  untilInterrupted,
} from '../process/until-interrupted.ts';
import type { ExecutedRun } from '../run/execute.ts';
import { logOptions, logSettings, TERMINAL_LOG } from '../options/log-options.ts';
import { exporterOptions, parseOptions, text, viewOptions, viewSettings } from '../options/options.ts';
import type { CommandSpec } from '../options/options.ts';
import { checkTaken, knownObjects, prepareRun } from '../run/prepare-run.ts';
import { reportOf } from '../run/report.ts';
import { runInputs } from '../run/run-inputs.ts';
import { readRunSettings } from '../run/run-settings.ts';
import type { RunSettings } from '../run/run-settings.ts';
import { overviewLines } from '../text/runs-overview.ts';
import { createTerminal } from '../text/terminal.ts';
import { isStandardOutput, writeTrace } from '../traces/trace-file.ts';
import { jaegerHeadersOption } from '../traces/trace-source.ts';

export const runSpec: CommandSpec = {
  name: 'run',
  summary:
    'Creates the objects in the files, follows their PipelineRuns and TaskRuns, and draws the traces.\nUses a new embedded cluster, unless --kubeconfig names another. Definitions are created first, then the\nruns, one after the other. The exit code is 1 if one of them failed, 2 if the input can’t be used.',
  positionals: '[FILE…]',
  options: {
    file: {
      type: 'string',
      short: 'f',
      multiple: true,
      value: 'FILE',
      help: 'YAML or JSON: a file, a directory (its .yaml, .yml and .json), a pattern, a list with\ncommas, - for standard input; may be repeated.',
    },
    filename: { type: 'string', multiple: true, value: 'FILE', help: 'The same, with kubectl’s name.' },
    recursive: { type: 'boolean', short: 'R', help: 'Include subdirectories.' },
    param: {
      type: 'string',
      short: 'p',
      multiple: true,
      value: 'NAME=VALUE',
      help: 'A param of the runs that declare it; may be repeated. Arrays: a,b or ["a","b"],\nobjects: k1:v1,k2:v2 or {"k":"v"}.',
    },
    workspace: {
      type: 'string',
      short: 'w',
      multiple: true,
      value: 'NAME=DIR',
      help: 'Bind a workspace to a directory of this machine (embedded cluster only), or as tkn:\nname=NAME with claimName=PVC, emptyDir=, config=NAME or secret=NAME, and subPath=DIR.',
    },
    timeout: { type: 'string', value: 'D', help: 'Cancel a run after this time (90s, 5m; 0 = never).' },
    ...exporterOptions,
    'jaeger-query-url': {
      type: 'string',
      value: 'URL',
      help: 'With --kubeconfig: the Jaeger (port 16686) to read the trace from.',
    },
    'jaeger-headers-file': jaegerHeadersOption,
    'trace-out': {
      type: 'string',
      value: 'FILE',
      help: 'Write the whole traces as one OTLP JSON document (- = standard output).',
    },
    ...viewOptions,
    output: {
      type: 'string',
      short: 'o',
      value: 'text|json',
      help: 'json: one line per run, an object with kind, namespace, name, succeeded, reason, message,\nresults and traceId (default text).',
    },
    kubeconfig: { type: 'string', value: 'FILE', help: 'Use this cluster instead of an embedded one.' },
    namespace: {
      type: 'string',
      short: 'n',
      value: 'NAME',
      help: 'Namespace of objects without one (default: kubectl’s, else default).',
    },
    isolation: {
      type: 'string',
      value: 'auto|namespaces|plain',
      help: 'How the embedded node runs containers (default auto).',
    },
    ...logOptions(TERMINAL_LOG),
  },
  examples: [
    'tektrace run -f examples/build-and-test.yaml',
    'tektrace run -f run.yaml -p revision=main -w source=. --trace-out trace.json',
    'tektrace run -f run.yaml --jaeger-collector-url http://localhost:4318/v1/traces',
  ],
};

/** Writes the files and reports of the options after all runs have ended. Resolves to the exit code. */
async function finish(
  executed: ExecutedRun[],
  { traceOut, isJson, kubeconfig }: RunSettings,
  interrupted: Interrupted | undefined,
): Promise<number> {
  if (traceOut !== undefined) {
    const traces = executed.map(({ trace }) => trace).filter((trace) => trace !== undefined);
    if (traces.length > 0) await writeTrace(traceOut, traces);
    else if (interrupted)
      process.stderr.write(`tektrace: --trace-out ${traceOut}: not written, because there is no span yet\n`);
    else
      throw new CommandError(
        `--trace-out ${traceOut}: no trace was found${kubeconfig === undefined ? '' : '; name a Jaeger with --jaeger-query-url'}`,
        1,
      );
  }
  if (isJson) for (const { run } of executed) process.stdout.write(`${JSON.stringify(reportOf(run))}\n`);
  return interrupted?.exitCode ?? (executed.every(({ run }) => isSuccessful(run)) ? 0 : 1);
}

/** Exit code: 0 all runs succeeded, 1 one of them failed, 2 the input can't be used, 128 and its number for a signal. */
export async function runCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(runSpec, args);
  const isStdoutTaken = values.output === 'json' || isStandardOutput(text(values, 'trace-out') ?? '');
  const terminal = createTerminal(isStdoutTaken ? process.stderr : process.stdout);
  const log = createLogger({
    ...logSettings(values, TERMINAL_LOG),
    write: (line) => terminal.aside(() => process.stderr.write(line)),
  });
  const view = viewSettings(values);
  const settings = await readRunSettings(values, positionals, log);
  const { manifests, given, timeoutMs } = settings;
  const inFiles = manifests.map(({ object }) => object);
  checkTaken(inFiles, inFiles, given);
  const asked = interrupts();
  endAfterSecond(asked);
  const interrupted = (): Interrupted | undefined =>
    (asked.second.reason ?? asked.first.reason) as Interrupted | undefined;
  const cluster = await unlessInterrupted(asked.first, settings.openCluster);
  if (!cluster) {
    tellNothingStarted(asked, terminal);
    return finish([], settings, interrupted());
  }
  const { client, namespace, traces, kubeconfigFile } = cluster;
  const executed: ExecutedRun[] = [];
  try {
    await untilInterrupted(asked, terminal, async (isFollowing) => {
      const objects = await knownObjects(cluster, inFiles);
      checkTaken(inFiles, objects, given);
      await runInputs({
        client,
        isOwnCluster: cluster.local !== undefined,
        manifests,
        namespace,
        prepare: (run, where) => prepareRun(run, where, { cluster, objects, given }),
        follow: async (run) => {
          isFollowing();
          const ended = await execute({
            client,
            run,
            traces,
            kubeconfigFile,
            isKept: cluster.local === undefined,
            ...view,
            ...(timeoutMs !== undefined && { timeoutMs }),
            terminal,
            log,
            interrupts: asked,
          });
          executed.push(ended);
        },
        log,
        signal: asked.first,
      });
    });
    for (const line of overviewLines(
      executed.map(({ run }) => run),
      terminal,
    ))
      terminal.print(line);
    return await finish(executed, settings, interrupted());
  } finally {
    await cluster.close();
    if (interrupted() && cluster.local) terminal.print('\n  The embedded cluster is removed, with all that ran in it.');
  }
}
