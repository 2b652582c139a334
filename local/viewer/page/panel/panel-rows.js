import { waitText } from '../time.js';
import { tailOf } from '../trace/visible.js';

/** @typedef {import('../../page-view.ts').PageRow} PageRow */

const WAITS = ['wait', 'init'];
const STEPS = ['step', 'attempt', 'sidecar'];
const HAS_STEPS = ['task', 'attempt'];
const MIN_TAIL_MS = 1;

/**
 * What the panel of a row lists of the rows below it.
 * @param {readonly PageRow[]} rows
 * @param {PageRow} row
 * @param {(row: PageRow) => number} endOf milliseconds after the trace's start
 * @returns {{waits: PageRow[], tail: string, steps: PageRow[]}} waits and init containers; how long it went on after its last step, '' if not at all;
 *   the steps, sidecars and attempts of a task
 */
export function panelRows(rows, row, endOf) {
  const below = rows.filter(({ parent }) => parent === row.id);
  const hasSteps = HAS_STEPS.includes(row.category);
  const tailMs = hasSteps ? tailOf(row, below, endOf) : 0;
  return {
    waits: below.filter(({ category }) => WAITS.includes(category)),
    tail: tailMs >= MIN_TAIL_MS ? waitText(tailMs) : '',
    steps: hasSteps ? below.filter(({ category }) => STEPS.includes(category)) : [],
  };
}
