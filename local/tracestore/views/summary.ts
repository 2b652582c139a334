import type { TracesData } from '../../../shared/otlp/types.ts';
import type { Result } from '../../viewer/classify.ts';
import { failuresOf } from '../../viewer/summary/failures.ts';
import { pipelineOf } from '../../viewer/summary/run-rows.ts';
import type { RunFacts } from '../../viewer/summary/types.ts';
import { buildWaterfall, type Waterfall } from '../../viewer/waterfall.ts';

/** One line of the list of traces. */
export interface TraceSummary {
  id: string;
  title: string;
  runName?: string;
  /** What was run: the Pipeline, or the Task of a TaskRun without one. Unknown until the run's root arrives. */
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

/**
 * The line of a trace in the list.
 * @param factsOf what its logs say
 */
export function summarize(
  id: string,
  traces: TracesData,
  factsOf: (waterfall: Waterfall) => RunFacts = () => ({}),
): TraceSummary {
  const waterfall = buildWaterfall(id, traces);
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
