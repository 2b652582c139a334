import { STEP_TOKEN_HEADER } from '../../local/tracestore/ingest/step-token.ts';
import type { TraceStore } from '../../local/tracestore/server.ts';
import type { AddedEnvironment, Environment } from '../../local/node/container/env.ts';
import { POD_SPAN_CONTEXT } from '../../shared/tekton/annotations.ts';
import { stepAnnotation } from '../../shared/tekton/names.ts';
import { setsItsOwnExport } from '../../shared/tracing/step-export.ts';
import { parseTraceparent } from '../../shared/tracing/carrier.ts';

const NOTHING: Environment = {};

/**
 * OpenTelemetry's variables for a container of a run's Pod: they name the trace store, with a token that only adds spans to that run's trace.
 * None for a Pod without a trace, and for a container with OTLP settings of its own. The node adds them when it starts the container, so
 * that the token is in no API object.
 */
export function stepEnvironment(traces: Pick<TraceStore, 'url' | 'stepToken'>): AddedEnvironment {
  return (pod, container, own) => {
    const { annotations = {}, namespace = '', name = '' } = pod.metadata;
    const context = annotations[stepAnnotation(container)] ?? annotations[POD_SPAN_CONTEXT];
    const span = parseTraceparent(context);
    if (!span || setsItsOwnExport(Object.keys(own))) return NOTHING;
    const { traceId, spanId } = span;
    const token = traces.stepToken({ traceId, spanId, namespace, pod: name, container });
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_HEADERS: `${STEP_TOKEN_HEADER}=${token}`,
    };
  };
}
