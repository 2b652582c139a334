import type { Result } from './classify.ts';
import type { WaterfallRow } from './row.ts';

export interface Outcome {
  /** The row of the first run, or the placeholder for it; in a trace of no run the first row. */
  root: WaterfallRow | undefined;
  /** The names of the runs; undefined before they are known. */
  title: string | undefined;
  result: Result;
  finished: boolean;
  /** Milliseconds. */
  durationMs: number;
}

/** What a person has to know first, first. */
const WORST: readonly Result[] = ['failure', 'error', 'timeout', 'cancellation', 'none', 'skip', 'success'];

/** Whether the row is a run that is in no other run. */
function isOutermostRun(row: WaterfallRow, rows: WaterfallRow[]): boolean {
  if (row.category !== 'run') return false;
  for (let above = rows[row.parent]; above; above = rows[above.parent]) if (above.category === 'run') return false;
  return true;
}

/**
 * What a trace was, and how it ended. Several runs, as in the trace of a CI system, have the worst of their results, and the time of all spans.
 * @param rows of the whole waterfall
 * @param wholeMs from the first start to the last end, in milliseconds
 */
export function outcomeOf(rows: WaterfallRow[], wholeMs: number): Outcome {
  const waiting = rows.find(({ category }) => category === 'placeholder');
  if (waiting) return { root: waiting, title: undefined, result: 'running', finished: false, durationMs: wholeMs };
  const runs = rows.filter((row) => isOutermostRun(row, rows));
  const root = runs[0] ?? rows[0];
  const all = root && runs.length === 0 ? [root] : runs;
  const finished = all.every(({ isRunning }) => !isRunning);
  const worst = WORST.find((result) => all.some((row) => row.result === result));
  return {
    root,
    title: [...new Set(all.map(({ name }) => name))].join(', ') || undefined,
    result: (finished ? worst : undefined) ?? 'running',
    finished,
    durationMs: finished && root && all.length === 1 ? root.durationMs : wholeMs,
  };
}
