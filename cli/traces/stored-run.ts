import { locateSpans } from '../../shared/otlp/spans.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { CommandError } from '../errors.ts';
import type { TraceSource } from './trace-source.ts';

/** At most so many traces are read whole, to find a run by its name. */
const LIMIT = 100;

/** A trace with its id. */
export interface StoredRun {
  traceId: string;
  trace: TracesData;
}

export interface RunName {
  name: string;
  /** Any, if it is undefined. */
  namespace: string | undefined;
  sinceMs: number;
}

/** The namespace of the spans that have this attribute; undefined if none has. */
function namespaceOf(trace: TracesData, key: string, { name, namespace }: RunName): string | undefined {
  for (const { span } of locateSpans(trace)) {
    const value = (of: string): string | undefined => span.attributes.find((one) => one.key === of)?.value.stringValue;
    const its = value('namespace') ?? '';
    if (value(key) === name && (namespace === undefined || its === namespace)) return its;
  }
  return undefined;
}

function startOf(trace: TracesData): string {
  const [first = 0n] = locateSpans(trace)
    .map(({ span }) => BigInt(span.startTimeUnixNano))
    .toSorted((a, b) => (a < b ? -1 : 1));
  return new Date(Number(first / 1_000_000n)).toISOString();
}

/**
 * The trace of a run that has no object in the cluster any more, by the attributes of its spans. Undefined if the source has none, or can't search.
 * Throws CommandError if it has several.
 */
export async function storedRun(source: TraceSource, wanted: RunName): Promise<StoredRun | undefined> {
  for (const key of ['pipelinerun', 'taskrun']) {
    const traces = await source.withTags?.({ [key]: wanted.name }, wanted.sinceMs, LIMIT);
    const found = [...(traces ?? [])].flatMap(([traceId, trace]) => {
      const namespace = namespaceOf(trace, key, wanted);
      return namespace === undefined ? [] : [{ traceId, trace, namespace }];
    });
    const [one, ...more] = found;
    if (one && more.length === 0) return { traceId: one.traceId, trace: one.trace };
    if (one)
      throw new CommandError(
        `${source.name} has ${found.length} runs ${wanted.name}: name one by its trace id: ${found
          .map(({ traceId, trace, namespace }) => `${traceId} (${namespace}, ${startOf(trace)})`)
          .join(', ')}`,
      );
  }
  return undefined;
}
