import type { Logger } from '../../shared/runtime/log.ts';
import { readTelemetry } from '../../shared/tracing/telemetry.ts';
import { CommandError } from '../errors.ts';
import type { Given } from '../follow/given.ts';
import type { Manifest } from '../follow/manifests.ts';
import { parseParams } from '../follow/params.ts';
import { readRunnable } from '../follow/runnable.ts';
import { parseWorkspaces } from '../follow/workspaces.ts';
import { choice, durationMs, exporterOptions, exporterSettings, httpUrl, list, text } from '../options/options.ts';
import type { OptionValues } from '../options/options.ts';
import { embeddedCluster, existingCluster } from './run-cluster.ts';
import type { RunCluster } from './run-cluster.ts';
import { checkTraceFile, isStandardOutput } from '../traces/trace-file.ts';

/** Node's longest timer: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The settings of `tektrace run`. */
export interface RunSettings {
  manifests: Manifest[];
  given: Given;
  timeoutMs: number | undefined;
  traceOut: string | undefined;
  /** Whether to print one JSON object per run. Text then goes to standard error. */
  isJson: boolean;
  kubeconfig: string | undefined;
  /** Throws the reason of `signal` when that aborts while an embedded cluster starts. */
  openCluster: OpenCluster;
}

type OpenCluster = (signal: AbortSignal) => Promise<RunCluster>;

/** Throws CommandError for options that an existing cluster can't have. */
function checkForExisting(values: OptionValues, { workspaces }: Given): void {
  if (workspaces.some((workspace) => 'directory' in workspace))
    throw new CommandError(
      '--workspace binds a directory of this machine: it works in the embedded cluster only, not with --kubeconfig',
    );
  for (const option of [...Object.keys(exporterOptions), 'isolation'])
    if (values[option] !== undefined)
      throw new CommandError(
        `--${option} is for the embedded cluster: with --kubeconfig, set it where the controllers run`,
      );
}

/** A function that opens the cluster of the options. */
async function chooseCluster(values: OptionValues, given: Given, log: Logger): Promise<OpenCluster> {
  const namespace = text(values, 'namespace');
  if (namespace === '') throw new CommandError('--namespace: the name is empty');
  const jaegerQueryUrl = httpUrl(values, 'jaeger-query-url');
  const kubeconfig = text(values, 'kubeconfig');
  if (kubeconfig !== undefined) {
    checkForExisting(values, given);
    const jaegerHeadersFile = text(values, 'jaeger-headers-file');
    return () => existingCluster(kubeconfig, { namespace, jaegerQueryUrl, jaegerHeadersFile });
  }
  for (const option of ['jaeger-query-url', 'jaeger-headers-file'])
    if (values[option] !== undefined)
      throw new CommandError(`--${option} is for an existing cluster: name it with --kubeconfig`);
  const isolation = choice(values, 'isolation', ['auto', 'namespaces', 'plain'], 'auto');
  const telemetry = await readTelemetry(exporterSettings(values), process.env, log);
  return (signal) => embeddedCluster({ namespace, isolation, telemetry, signal, log });
}

/** Checks everything that can be checked before the start. Throws CommandError or ExporterSettingsError (exit 2). */
export async function readRunSettings(values: OptionValues, positionals: string[], log: Logger): Promise<RunSettings> {
  const files = [...list(values, 'file'), ...list(values, 'filename'), ...positionals];
  const isJson = choice(values, 'output', ['text', 'json'], 'text') === 'json';
  const traceOut = text(values, 'trace-out');
  if (isJson && traceOut !== undefined && isStandardOutput(traceOut))
    throw new CommandError('--trace-out - and --output json both use standard output: write the trace to a file');
  const timeoutMs = durationMs(values, 'timeout');
  const given = {
    params: parseParams(list(values, 'param')),
    workspaces: await parseWorkspaces(list(values, 'workspace')),
  };
  // After the values: an option without its own takes the file's name for it.
  if (files.length === 0)
    throw new CommandError('no FILE is named: tektrace run FILE, or tektrace run -f FILE\nSee: tektrace run --help');
  const openCluster = await chooseCluster(values, given, log);
  if (traceOut !== undefined) await checkTraceFile(traceOut);
  return {
    manifests: await readRunnable(files, values.recursive === true),
    given,
    timeoutMs: timeoutMs === undefined || timeoutMs === 0 ? undefined : Math.min(timeoutMs, MAX_TIMER_MS),
    traceOut,
    isJson,
    kubeconfig: text(values, 'kubeconfig'),
    openCluster,
  };
}
