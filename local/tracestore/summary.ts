import type { TracesData } from '../../shared/otlp/types.ts';
import type { Result } from '../viewer/classify.ts';
import type { WaterfallRow } from '../viewer/row.ts';
import { buildWaterfall, type Waterfall } from '../viewer/waterfall.ts';

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

/** Of the spans whose problem may be a run's. */
const CAN_FAIL_A_RUN = new Set(['run', 'task', 'attempt', 'step', 'init', 'sidecar', 'wait', 'custom']);

const plainName = (row: WaterfallRow): string => row.name.replace(/^(?:RUN|task|step|custom|init|sidecar) /, '');

function problemOf({ rows }: Waterfall): string | undefined {
  const origin = rows.find(({ isOrigin, category }) => isOrigin && CAN_FAIL_A_RUN.has(category));
  if (!origin) return undefined;
  const path: string[] = [];
  for (let row: WaterfallRow | undefined = origin; row && row.category !== 'run'; row = rows[row.parent])
    if (row.category !== 'attempt') path.unshift(plainName(row));
  return `${path.length > 0 ? `${path.join(' › ')}: ` : ''}${origin.problem ?? ''}`;
}

/** The line of a trace in the list. Pure. */
export function summarize(id: string, traces: TracesData): TraceSummary {
  const waterfall = buildWaterfall(id, traces);
  const { title, runName, namespace, result, finished, startUnixMs, durationMs, durationText, spanCount } = waterfall;
  const root = waterfall.rows.find(({ category, depth }) => category === 'run' && depth === 0);
  const problem = finished && result !== 'success' ? problemOf(waterfall) : undefined;
  return {
    id,
    title,
    ...(runName !== undefined && { runName }),
    ...(finished && root && { pipeline: plainName(root) }),
    ...(namespace !== undefined && { namespace }),
    ...{ result, finished, startUnixMs, durationMs, durationText, spanCount },
    ...(problem !== undefined && { problem }),
  };
}
