import { buildWaterfall, type Waterfall } from '../../local/viewer/waterfall.ts';
import { locateSpans } from '../../shared/otlp/spans.ts';
import type { TracesData } from '../../shared/otlp/types.ts';

/** The waterfall of a document with one trace: that of its first span. */
export function waterfallOf(trace: TracesData): Waterfall {
  return buildWaterfall(locateSpans(trace)[0]?.span.traceId ?? '', trace);
}
