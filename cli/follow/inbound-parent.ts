import { PARENT_SPAN_CONTEXT } from '../../shared/tekton/annotations.ts';
import { formatCarrier, parseTraceparent } from '../../shared/tracing/carrier.ts';
import { readTracestate } from '../../shared/tracing/tracestate.ts';
import type { Run } from './follow-run.ts';

/** The run with the span of `TRACEPARENT` as its inbound parent. Unchanged if the variable is absent or malformed. */
export function withInboundParent<T extends Run>(run: T, env: Record<string, string | undefined>): T {
  const ids = parseTraceparent(env.TRACEPARENT);
  const tracestate = readTracestate(env.TRACESTATE);
  if (!ids || run.metadata.annotations?.[PARENT_SPAN_CONTEXT] !== undefined) return run;
  const carrier = formatCarrier({ ...ids, ...(tracestate !== undefined && { tracestate }) });
  return {
    ...run,
    metadata: { ...run.metadata, annotations: { ...run.metadata.annotations, [PARENT_SPAN_CONTEXT]: carrier } },
  };
}
