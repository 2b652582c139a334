import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { createJaegerQuery, JaegerQueryError } from '../../local/jaeger/query.ts';
import type { JaegerQuery } from '../../local/jaeger/query.ts';
import type { ListUpdate } from '../../local/tracestore/views/trace-list.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { parseHeaders } from '../../shared/tracing/exporters/headers.ts';
import { ExporterSettingsError } from '../../shared/tracing/exporters/settings.ts';
import { LIFECYCLE_SERVICE } from '../../shared/tracing/resource.ts';
import { CommandError, reasonOf } from '../errors.ts';
import type { OptionHelp } from '../options/options.ts';

/** A source of traces: a Jaeger query service, or the trace store of `tektrace up`. */
export interface TraceSource {
  /** The trace as far as it has arrived; undefined if nothing has. Throws CommandError if the source does not answer. */
  read(traceId: string): Promise<TracesData | undefined>;
  /** The newest traces that have spans of the last `sinceMs` milliseconds, at most `limit`, if the source can list them. */
  recent?(sinceMs: number, limit: number): Promise<Map<string, TracesData>>;
  /** The newest traces with a span that has these attributes; of some sources others, too. */
  withTags?(tags: Record<string, string>, sinceMs: number, limit: number): Promise<Map<string, TracesData>>;
  /** Resolves when spans on their way have arrived, if the source can know that. */
  settled?(): Promise<void>;
  name: string;
}

const LIST_TIMEOUT_MS = 30_000;

/** The environment variable with headers for Jaeger's query service, `NAME=VALUE` with commas between them, as for OTLP. */
const HEADERS_VARIABLE = 'JAEGER_QUERY_HEADERS';

export const jaegerHeadersOption: OptionHelp = {
  type: 'string',
  value: 'FILE',
  help: `Headers of each request to Jaeger, like authorization: NAME=VALUE, one per line.\nWithout it ${HEADERS_VARIABLE} has them.`,
};

/** The headers that `--jaeger-headers-file` names, else those of the environment. Throws CommandError or ExporterSettingsError, without their values. */
export async function jaegerHeaders(
  file: string | undefined,
  env: Record<string, string | undefined> = process.env,
): Promise<Record<string, string>> {
  if (file === undefined) return parseHeaders(env[HEADERS_VARIABLE] ?? '', HEADERS_VARIABLE);
  try {
    return parseHeaders(await readFile(file, 'utf8'), `--jaeger-headers-file ${file}`);
  } catch (error) {
    if (error instanceof ExporterSettingsError) throw error;
    throw new CommandError(`--jaeger-headers-file ${file}: ${reasonOf(error)}`);
  }
}

const UNTRUSTED = /self.signed certificate|unable to (verify the first|get (local )?issuer) certificate/i;

function jaegerReason(error: unknown): string {
  const reason = reasonOf(error);
  return UNTRUSTED.test(reason) ? `${reason}: NODE_EXTRA_CA_CERTS=FILE names its certificate authority (PEM)` : reason;
}

/** A client of the Jaeger at `url`, whose errors end a command with a sentence. */
export const jaegerQuery = (url: string, headers: Record<string, string>): JaegerQuery =>
  createJaegerQuery({ url, headers, reasonOf: jaegerReason });

/** Runs a query. Throws CommandError (exit 1) for what Jaeger did not answer. */
export async function asked<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if (error instanceof JaegerQueryError) throw new CommandError(error.message, 1);
    throw error;
  }
}

function jaegerSource(query: JaegerQuery): TraceSource {
  return {
    name: query.url,
    read: (traceId) => asked(() => query.trace(traceId)),
    recent: (sinceMs, limit) =>
      // Each run has a span of this service: its own.
      asked(() => query.search({ service: LIFECYCLE_SERVICE, fromMs: Date.now() - sinceMs, toMs: Date.now(), limit })),
    withTags: (tags, sinceMs, limit) =>
      asked(() =>
        query.search({ service: LIFECYCLE_SERVICE, fromMs: Date.now() - sinceMs, toMs: Date.now(), limit, tags }),
      ),
  };
}

/** The list of a trace store, the newest first. Throws CommandError (exit 1) if it does not answer. */
async function listedTraces(url: string, headers: Record<string, string>): Promise<ListUpdate['data']> {
  let response: Response;
  try {
    response = await fetch(`${url}/api/traces`, { headers, signal: AbortSignal.timeout(LIST_TIMEOUT_MS) });
  } catch (error) {
    throw new CommandError(`${url}: cannot be reached: ${reasonOf((error as Error).cause ?? error)}`, 1);
  }
  if (!response.ok) throw new CommandError(`${url}: answered ${response.status}`, 1);
  return ((await response.json()) as ListUpdate).data;
}

/** Where `tektrace up` wrote what opens its trace store; undefined without such a file. Throws CommandError (exit 1) for another file. */
async function storeAccess(file: string): Promise<{ url: string; token: string } | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { url: string; token: string };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new CommandError(`${file}: is not the file that tektrace up writes: ${reasonOf(error)}`, 1);
  }
}

/** The trace store of `tektrace up`: it answers like a Jaeger, and lists its traces. */
function storeSource({ url, token }: { url: string; token: string }): TraceSource {
  const headers = { authorization: `Bearer ${token}` };
  const source = jaegerSource(jaegerQuery(url, headers));
  return {
    name: source.name,
    read: (traceId) => source.read(traceId),
    recent: async (sinceMs, limit) => {
      const data = await listedTraces(url, headers);
      const fromMs = Date.now() - sinceMs;
      const traces = new Map<string, TracesData>();
      for (const { id } of data.filter((one) => one.startUnixMs + one.durationMs >= fromMs).slice(0, limit)) {
        const trace = await source.read(id);
        if (trace) traces.set(id, trace);
      }
      return traces;
    },
  };
}

/**
 * The source that the options name, else the trace store of the `tektrace up` whose kubeconfig is used. Throws CommandError for headers without a
 * Jaeger to send them to.
 */
export async function findTraceSource(
  jaegerQueryUrl: string | undefined,
  kubeconfigFile: string | undefined,
  jaegerHeadersFile?: string,
): Promise<TraceSource | undefined> {
  if (jaegerQueryUrl !== undefined)
    return jaegerSource(jaegerQuery(jaegerQueryUrl, await jaegerHeaders(jaegerHeadersFile)));
  if (jaegerHeadersFile !== undefined)
    throw new CommandError('--jaeger-headers-file is for a Jaeger: name it with --jaeger-query-url, too');
  if (kubeconfigFile === undefined) return undefined;
  const access = await storeAccess(path.join(path.dirname(kubeconfigFile), 'tracestore.json'));
  return access && storeSource(access);
}
