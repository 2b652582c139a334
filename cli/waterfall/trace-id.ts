import { locateSpans } from '../../shared/otlp/spans.ts';
import type { TracesData } from '../../shared/otlp/types.ts';

/** The trace id of the document's first span, empty when it has none. */
export function traceIdOf(trace: TracesData): string {
  return locateSpans(trace)[0]?.span.traceId ?? '';
}
