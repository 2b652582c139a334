import { createKubeClient } from '../../shared/kubernetes/client.ts';
import { firstAttribute } from '../../shared/otlp/split-traces.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import { CommandError, sentence } from '../errors.ts';
import { findRun } from './find-run.ts';
import type { Run } from '../follow/follow-run.ts';
import { readLogTails } from './log-tails.ts';
import { contextNamespace, readKubeconfig } from '../options/kubeconfig-file.ts';
import { RECENT_MS } from '../options/recent-options.ts';
import { storedRun } from './stored-run.ts';
import { findTraceSource } from './trace-source.ts';
import type { TraceSource } from './trace-source.ts';
import { isFile, readTracesFile } from './traces-file.ts';

/** Where a run and its trace are: the values of the options. */
export interface TraceLookup {
  namespace?: string | undefined;
  kubeconfig?: string | undefined;
  jaegerQueryUrl?: string | undefined;
  jaegerHeadersFile?: string | undefined;
  /** Read the last lines of the logs of its first failures, too. */
  withLogs?: boolean;
  /** How far back a Jaeger is searched for a run that the cluster does not have. */
  sinceMs?: number;
}

export interface NamedTrace {
  traceId: string;
  trace: TracesData;
  /** The API object, for a run that was found by its name. */
  run?: Run;
  /** The last lines of the logs of its first failures, for a run that was found by its name: by the id of the row. */
  logTails?: ReadonlyMap<string, string[]>;
  /** Its Pods may be in a cluster that this process does not know. */
  isElsewhere?: true;
}

const RUN_NAME = ['pipelinerun', 'taskrun'];

/** The trace in a file, or the one that the text after `#` names by its id, the beginning of it, or the name of its run. */
async function fromFile(file: string, which: string | undefined): Promise<NamedTrace> {
  const traces = [...(await readTracesFile(file))].map(([traceId, trace]) => ({ traceId, trace }));
  const nameOf = ({ trace }: NamedTrace): string => firstAttribute(trace, ...RUN_NAME) ?? '';
  const found =
    which === undefined
      ? traces
      : traces.filter((one) => one.traceId.startsWith(which.toLowerCase()) || nameOf(one) === which);
  const [one, ...more] = found;
  if (one && more.length === 0) return one;
  const names = traces.map((each) => [nameOf(each), each.traceId.slice(0, 8)].filter(Boolean).join(' '));
  const shown = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
  throw new CommandError(
    `${file}: ${which === undefined ? `has the traces of ${traces.length} runs` : found.length === 0 ? `none of its runs is ${which}` : `${found.length} of its runs are ${which}`}; name one as ${file}#RUN, by its name or the beginning of its trace id: ${shown}`,
  );
}

const inParts = (name: string): { file: string; which?: string } => {
  const [, file = name, which] = /^(.+)#([^#/]+)$/.exec(name) ?? [];
  return { file, ...(which !== undefined && { which }) };
};

/** The trace in a file (`trace.json`, `trace.json#RUN` if it has several, `-` for standard input). Throws CommandError if there is none. */
export async function traceInFile(name: string): Promise<NamedTrace> {
  if (await isFile(name)) return fromFile(name, undefined);
  const { file, which } = inParts(name);
  return fromFile(file, which);
}

async function sourceOf(lookup: TraceLookup): Promise<TraceSource> {
  const { jaegerQueryUrl, jaegerHeadersFile, kubeconfig = process.env.KUBECONFIG } = lookup;
  const source = await findTraceSource(jaegerQueryUrl, kubeconfig, jaegerHeadersFile);
  if (!source) throw new CommandError('where are the traces? name a Jaeger with --jaeger-query-url http://HOST:16686');
  return source;
}

async function readFrom(lookup: TraceLookup, traceId: string): Promise<NamedTrace> {
  const source = await sourceOf(lookup);
  const trace = await source.read(traceId);
  if (!trace) throw new CommandError(`${source.name} has no span of trace ${traceId}`, 1);
  return { traceId, trace };
}

/** The run's object in the cluster, with its trace. Throws CommandError if there is none, or if it has no trace. */
async function fromCluster(name: string, lookup: TraceLookup): Promise<NamedTrace> {
  const config = readKubeconfig(lookup.kubeconfig);
  const client = createKubeClient(config, { userAgent: 'tektrace-cli' });
  try {
    const run = await findRun(client, lookup.namespace ?? contextNamespace(config), name);
    const own = runSpan(run);
    if (own) {
      const { traceId, trace } = await readFrom(lookup, own.traceId);
      return { traceId, trace, run, ...(lookup.withLogs && { logTails: await readLogTails(client, trace) }) };
    }
    throw new CommandError(
      `${run.kind} ${name} has no span context: it was created before Tektrace was installed, or no trace is exported`,
      1,
    );
  } finally {
    client.close();
  }
}

/**
 * The trace that a person names: a file (`trace.json`, `trace.json#RUN` if it has several, `-` for standard input), a trace id of 32 hex digits, or the name of a
 * PipelineRun or TaskRun, in the cluster or, if that does not have it (any more), in the Jaeger that is named. Throws CommandError if there is none.
 */
export async function namedTrace(name: string, lookup: TraceLookup): Promise<NamedTrace> {
  const { file, which } = inParts(name);
  if (await isFile(name)) return fromFile(name, undefined);
  if (await isFile(file)) return fromFile(file, which);
  if (/[/\\]|\.json(?:#|$)/.test(name)) throw new CommandError(`${file}: there is no such file`);
  if (/^[0-9a-f]{32}$/i.test(name)) return { ...(await readFrom(lookup, name.toLowerCase())), isElsewhere: true };
  try {
    return await fromCluster(name, lookup);
  } catch (error) {
    if (lookup.jaegerQueryUrl === undefined) throw error;
    const { namespace, sinceMs = RECENT_MS } = lookup;
    const source = await sourceOf(lookup);
    const stored = await storedRun(source, { name, namespace, sinceMs });
    if (stored) return { ...stored, isElsewhere: true };
    throw new CommandError(
      `${sentence(error)}; ${source.name} has none of that name, either: --since D searches further back`,
      error instanceof CommandError ? error.exitCode : 1,
    );
  }
}
