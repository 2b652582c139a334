import type { Entry } from './ledger.ts';

/** A run as fields of a log line: the object, and its own span. */
export function runFields({ run, own }: Entry): Record<string, string | undefined> {
  const { namespace, name } = run.metadata;
  return { kind: run.kind, namespace, name, ...(own && { trace_id: own.traceId, span_id: own.spanId }) };
}
