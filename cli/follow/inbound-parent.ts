import { PARENT_SPAN_CONTEXT } from '../../shared/tekton/annotations.ts';
import { formatCarrier, parseTraceparent } from '../../shared/tracing/carrier.ts';
import { readTracestate } from '../../shared/tracing/tracestate.ts';
import type { Run } from './follow-run.ts';

/** The run as a child of the span this command was started in (`TRACEPARENT`); as it is when there is none or it is malformed. */
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
