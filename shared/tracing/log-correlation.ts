import { isSpanContextValid, trace } from '@opentelemetry/api';

/** The active span as fields of a log line, with the names of OpenTelemetry's "Trace Context in non-OTLP Log Formats"; none outside of a span. */
export function activeSpanFields(): Record<string, string> {
  const active = trace.getActiveSpan()?.spanContext();
  return active && isSpanContextValid(active) ? { trace_id: active.traceId, span_id: active.spanId } : {};
}
