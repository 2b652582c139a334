import type { TracesData } from '../../shared/otlp/types.ts';
import { buildWaterfall } from '../viewer/waterfall.ts';
import type { Result } from '../viewer/classify.ts';

/** One line of the list of traces. */
export interface TraceSummary {
  id: string;
  title: string;
  runName?: string;
  result: Result;
  finished: boolean;
  startUnixMs: number;
  durationMs: number;
  durationText: string;
  spanCount: number;
}

export function summarize(id: string, traces: TracesData): TraceSummary {
  const { title, runName, result, finished, startUnixMs, durationMs, durationText, spanCount } = buildWaterfall(
    id,
    traces,
  );
  return {
    id,
    title,
    ...(runName !== undefined && { runName }),
    result,
    finished,
    startUnixMs,
    durationMs,
    durationText,
    spanCount,
  };
}
