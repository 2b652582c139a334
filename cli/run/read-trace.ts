import { setTimeout as delay } from 'node:timers/promises';

import { locateSpans } from '../../shared/otlp/spans.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import type { Run } from '../follow/follow-run.ts';
import type { TraceSource } from '../traces/trace-source.ts';

/** How long to wait for the trace of a finished run, in milliseconds. */
export const TRACE_WAIT_MS = 15_000;
const POLL_MS = 100;

/** How long to wait for the trace after an interrupt, in milliseconds. */
const SO_FAR_WAIT_MS = 1000;

export interface TraceReader {
  traces: TraceSource | undefined;
  log: Logger;
}

/** The run's trace when its root has arrived. After a timeout, or when `signal` aborts, the part that has arrived. */
export async function readTrace(
  { traces, log }: TraceReader,
  run: Run,
  signal: AbortSignal,
): Promise<TracesData | undefined> {
  const own = runSpan(run);
  if (!traces || !own) return undefined;
  if (signal.aborted) return traceSoFar({ traces, log }, run);
  const deadline = Date.now() + TRACE_WAIT_MS;
  await traces.settled?.();
  for (;;) {
    const trace = await traces.read(own.traceId);
    if (trace && locateSpans(trace).some(({ span }) => span.spanId === own.spanId)) return trace;
    if (Date.now() > deadline || signal.aborted) {
      log.warn('the trace has not arrived completely', { traces: traces.name, traceId: own.traceId });
      return trace;
    }
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The part of the run's trace that has arrived, or arrives within a second. Never throws. */
export async function traceSoFar({ traces, log }: TraceReader, run: Run): Promise<TracesData | undefined> {
  const own = runSpan(run);
  if (!traces || !own) return undefined;
  const read = async (): Promise<TracesData | undefined> => {
    await Promise.race([traces.settled?.(), delay(SO_FAR_WAIT_MS / 2)]);
    return traces.read(own.traceId);
  };
  try {
    return await Promise.race([read(), delay(SO_FAR_WAIT_MS, undefined)]);
  } catch (error) {
    log.warn('the trace can’t be read', { traces: traces.name, error });
    return undefined;
  }
}
