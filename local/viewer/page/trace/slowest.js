import { elapsedText } from '../time.js';

/** @typedef {import('../../page-view.ts').PageRow} PageRow */
/** @typedef {{id: string, name: string, text: string}} Slow a row's id and name, and how long it took or has taken so far */

const NAMED = 3;

const isTask = (/** @type {PageRow} */ { category }) => category === 'task' || category === 'custom';
/** `lint` of `task lint`. */
const plainName = (/** @type {PageRow} */ { name }) => name.replace(/^(task|custom|step) /, '');

/**
 * The longest of the rows. One alone is not slower than others: there must be two.
 * @param {readonly PageRow[]} rows
 * @param {(row: PageRow) => string} nameOf
 * @param {number} nowMs after the trace's start
 * @returns {Slow[]}
 */
function slowest(rows, nameOf, nowMs) {
  const length = (/** @type {PageRow} */ row) => (row.isRunning ? nowMs - row.offsetMs : row.durationMs);
  const ran = rows.filter(({ result }) => result !== 'skip');
  if (ran.length < 2) return [];
  return ran
    .toSorted((a, b) => length(b) - length(a))
    .slice(0, NAMED)
    .map((row) => ({
      ...{ id: row.id, name: nameOf(row) },
      text: row.isRunning ? `${elapsedText(length(row))} so far` : row.durationText,
    }));
}

/** @param {readonly PageRow[]} rows @param {number} nowMs after the trace's start */
export const slowestTasks = (rows, nowMs) => slowest(rows.filter(isTask), plainName, nowMs);

/** Steps, named after their task, and their attempt if it had more than one: `lint › check`. @param {readonly PageRow[]} rows @param {number} nowMs after the trace's start */
export function slowestSteps(rows, nowMs) {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const nameOf = (/** @type {PageRow} */ step) => {
    const names = [plainName(step)];
    for (let above = byId.get(step.parent ?? ''); above; above = byId.get(above.parent ?? '')) {
      if (isTask(above) || above.category === 'attempt') names.unshift(plainName(above));
      if (isTask(above)) break;
    }
    return names.join(' › ');
  };
  return slowest(
    rows.filter(({ category }) => category === 'step'),
    nameOf,
    nowMs,
  );
}
