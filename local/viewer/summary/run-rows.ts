import type { Category } from '../classify.ts';
import type { WaterfallRow } from '../row.ts';
import type { Waterfall } from '../waterfall.ts';

/** A row and its place in `Waterfall.rows`. */
export interface Placed {
  row: WaterfallRow;
  index: number;
}

const UNITS: readonly Category[] = ['task', 'custom', 'run'];

/** The run's root, or the placeholder for it. Undefined if the trace has neither. */
export function rootOf({ rows }: Waterfall): Placed | undefined {
  const waiting = rows.findIndex(({ category }) => category === 'placeholder');
  const index = waiting < 0 ? rows.findIndex(({ category }) => category === 'run') : waiting;
  const row = rows[index];
  return row && { row, index };
}

/** The rows below `top`. They follow it directly (`buildWaterfall`). */
export function below({ rows }: Waterfall, top: Placed): Placed[] {
  const found: Placed[] = [];
  for (let index = top.index + 1; index < rows.length; index += 1) {
    const row = rows[index];
    if (!row || row.depth <= top.row.depth) break;
    found.push({ row, index });
  }
  return found;
}

/** The tasks, custom tasks and Pipelines directly below `top` that were executed. */
export function unitsBelow(waterfall: Waterfall, top: Placed): Placed[] {
  return below(waterfall, top).filter(
    ({ row }) => row.parent === top.index && UNITS.includes(row.category) && row.result !== 'skip',
  );
}

/** Milliseconds after the trace's start. */
export const endOf = ({ row }: Placed): number => row.offsetMs + row.durationMs;

/** The name in a Pipeline, without the word that says what the span is: `task lint` is `lint`. */
export const plainName = ({ name }: WaterfallRow): string =>
  name.replace(/^(?:RUN|task|custom|step|init|sidecar) /, '') || name;

/** The name of a run's Pipeline or Task; undefined before the run's own span has come. */
export function pipelineOf(waterfall: Waterfall): string | undefined {
  const root = rootOf(waterfall)?.row;
  return root?.category === 'run' ? plainName(root) : undefined;
}

/** The task that a row is of; undefined for a row of a run. */
export function taskAbove(rows: WaterfallRow[], row: WaterfallRow): WaterfallRow | undefined {
  let above: WaterfallRow | undefined = rows[row.parent];
  while (above && above.category !== 'task' && above.category !== 'run') above = rows[above.parent];
  return above?.category === 'task' ? above : undefined;
}
