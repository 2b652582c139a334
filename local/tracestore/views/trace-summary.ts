import type { TracesData } from '../../../shared/otlp/types.ts';
import type { Result } from '../../viewer/classify.ts';
import type { LiveSpan } from '../../viewer/live/live-span.ts';
import { failuresOf } from '../../viewer/summary/failures.ts';
import { pipelineOf } from '../../viewer/summary/run-rows.ts';
import type { RunFacts } from '../../viewer/summary/types.ts';
import { buildWaterfall, type Waterfall } from '../../viewer/waterfall.ts';

/** One line of the list of traces. */
export interface TraceSummary {
  id: string;
  title: string;
  runName?: string;
  /** What was run: the Pipeline, or the Task of a TaskRun without one. Unknown until the run's root arrives, unless its API object is known. */
  pipeline?: string;
  namespace?: string;
  result: Result;
  finished: boolean;
  startUnixMs: number;
  durationMs: number;
  durationText: string;
  spanCount: number;
  /** Where the run failed first, and why, in one line. */
  problem?: string;
}

/** What is known of a run beside its spans. */
export interface Beside {
  /** What API objects show of a run that has not ended. */
  live?: LiveSpan[];
  /** What the run's logs say. */
  factsOf?: (waterfall: Waterfall) => RunFacts;
}

/** The line of a trace in the list. */
export function summarize(
  id: string,
  traces: TracesData,
  { live = [], factsOf = () => ({}) }: Beside = {},
): TraceSummary {
  const waterfall = buildWaterfall(id, traces, live);
  const { title, runName, namespace, result, finished, startUnixMs, durationMs, durationText, spanCount } = waterfall;
  const pipeline = pipelineOf(waterfall);
  const [failure] = finished && result !== 'success' ? failuresOf(waterfall, factsOf(waterfall)) : [];
  return {
    id,
    title,
    ...(runName !== undefined && { runName }),
    ...(pipeline !== undefined && { pipeline }),
    ...(namespace !== undefined && { namespace }),
    ...{ result, finished, startUnixMs, durationMs, durationText, spanCount },
    ...(failure && { problem: failure.text }),
  };
}
