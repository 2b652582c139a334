import { printableUpTo } from '../../shared/text/printable.ts';
import type { Category, Result } from './classify.ts';
import type { FunctionSummary } from './functions.ts';
import { attributeOf, type WaterfallRow } from './row.ts';
import type { RunSummary } from './summary/types.ts';
import type { Waterfall } from './waterfall.ts';

/** A row as the page draws it; what its panel shows is asked for when it is opened. Absent flags are false. */
export interface PageRow {
  id: string;
  /** Id of the row above in the tree; absent at the top. */
  parent?: string;
  name: string;
  category: Category;
  result: Result;
  /** Milliseconds after the trace's start. */
  offsetMs: number;
  /** Milliseconds; 0 for what still runs, which the page draws up to its clock. */
  durationMs: number;
  durationText: string;
  problem?: string;
  isOrigin?: true;
  isRunning?: true;
  /** Why a skipped task did not run. */
  skipReason?: string;
  apart?: string;
}

/** The trace without its rows, and what a person asks first. */
export type PageHead = Omit<Waterfall, 'rows'> & {
  summary: RunSummary;
  /** The functions or API requests of controllers that took longest by themselves, the longest first. */
  functions: Omit<FunctionSummary, 'slowest'>[];
};

const MAX_REASON = 1000;
const SKIP_REASON = 'tektrace.skip.reason';

function pageRow(row: WaterfallRow, parent: string | undefined): PageRow {
  const { id, name, category, result, offsetMs, problem, apart } = row;
  const reason = result === 'skip' ? attributeOf(row, SKIP_REASON) : undefined;
  const skipReason = reason === undefined ? undefined : printableUpTo(reason, MAX_REASON);
  const round = (ms: number): number => Math.round(ms * 1000) / 1000;
  return {
    id,
    ...(parent !== undefined && { parent }),
    ...{ name, category, result, offsetMs: round(offsetMs) },
    durationMs: row.isRunning ? 0 : round(row.durationMs),
    durationText: row.isRunning ? '' : row.durationText,
    ...(problem !== undefined && { problem }),
    ...(row.isOrigin && { isOrigin: true as const }),
    ...(row.isRunning && { isRunning: true as const }),
    ...(skipReason !== undefined && { skipReason }),
    ...(apart !== undefined && { apart }),
  };
}

/** The rows that `wanted` selects, each below the nearest row above it that is selected, too. */
function selectRows(rows: WaterfallRow[], wanted: (row: WaterfallRow, index: number) => boolean): PageRow[] {
  const isIn = rows.map(wanted);
  const above = (index: number): number => {
    let at = rows[index]?.parent ?? -1;
    while (at >= 0 && !isIn[at]) at = rows[at]?.parent ?? -1;
    return at;
  };
  return rows.flatMap((row, index) => (isIn[index] ? [pageRow(row, rows[above(index)]?.id)] : []));
}

/** All rows but those of the controllers' functions. */
export function pageRows({ rows }: Waterfall): PageRow[] {
  return selectRows(rows, ({ category }) => category !== 'controller');
}

/** The rows of the reconcile that a controller's row belongs to, the outermost first; the first has the row that the reconcile was for as its parent. Empty for other rows. */
export function reconcileRows({ rows }: Waterfall, rowId: string): PageRow[] {
  let top = rows.findIndex(({ id, category }) => id === rowId && category === 'controller');
  if (top < 0) return [];
  for (let above = rows[top]?.parent ?? -1; rows[above]?.category === 'controller'; above = rows[above]?.parent ?? -1)
    top = above;
  const isIn = new Set([top]);
  rows.forEach((row, index) => {
    if (isIn.has(row.parent)) isIn.add(index);
  });
  const [first, ...below] = selectRows(rows, (_, index) => isIn.has(index));
  const parent = rows[rows[top]?.parent ?? -1]?.id;
  return first ? [{ ...first, ...(parent !== undefined && { parent }) }, ...below] : [];
}
