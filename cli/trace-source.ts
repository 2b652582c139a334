import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { tracesFromJson } from '../shared/otlp/decode-json.ts';
import type { TracesData } from '../shared/otlp/types.ts';
import { CommandError, reasonOf } from './errors.ts';

/** A source of traces: a Jaeger query service, or the trace store of `tektrace up`. */
export interface TraceSource {
  /** The trace as far as it has arrived; undefined if nothing has. Throws CommandError if the source does not answer. */
  read(traceId: string): Promise<TracesData | undefined>;
  /** Resolves when spans on their way have arrived, if the source can know that. */
  settled?(): Promise<void>;
  name: string;
}

function httpSource(url: string, headers: Record<string, string>): TraceSource {
  const base = url.replace(/\/$/, '');
  return {
    name: base,
    read: async (traceId) => {
      let response: Response;
      try {
        response = await fetch(`${base}/api/v3/traces/${traceId}`, { headers, signal: AbortSignal.timeout(10_000) });
      } catch (error) {
        const { cause } = error as { cause?: unknown };
        throw new CommandError(`${base}: cannot be reached: ${reasonOf(cause ?? error)}`, 1);
      }
      if (response.status === 404) return undefined;
      // Jaeger answers an unknown path with its page, and JSON as text/plain.
      const body = await response.text();
      if (!response.ok || !body.trimStart().startsWith('{'))
        throw new CommandError(
          `${base}/api/v3/traces: answered ${response.status}, not with a trace: is this a Jaeger query service (port 16686)?`,
          1,
        );
      try {
        return tracesFromJson((JSON.parse(body) as { result: unknown }).result);
      } catch (error) {
        throw new CommandError(
          `${base}/api/v3/traces: the response is not a trace: ${error instanceof Error ? error.message : String(error)}`,
          1,
        );
      }
    },
  };
}

/** The source that the options name, else the trace store of the `tektrace up` whose kubeconfig is used. */
export async function findTraceSource(
  jaegerQueryUrl: string | undefined,
  kubeconfigFile: string | undefined,
): Promise<TraceSource | undefined> {
  if (jaegerQueryUrl !== undefined) return httpSource(jaegerQueryUrl, {});
  if (kubeconfigFile === undefined) return undefined;
  try {
    const access = JSON.parse(await readFile(path.join(path.dirname(kubeconfigFile), 'tracestore.json'), 'utf8')) as {
      url: string;
      token: string;
    };
    return httpSource(access.url, { authorization: `Bearer ${access.token}` });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
