import type { WaterfallRow } from '../../local/viewer/row.ts';
import { plainName, taskAbove } from '../../local/viewer/summary/run-rows.ts';
import { isTask } from './rows.ts';

const MAX_NAMED = 3;

/** `shard-37 15.55 s, shard-18 9.71 s`, the longest first. */
function named(rows: WaterfallRow[], nameOf: (row: WaterfallRow) => string): string {
  return rows
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, MAX_NAMED)
    .map((row) => `${nameOf(row)} ${row.durationText}`)
    .join(', ');
}

/** The longest tasks, waits included, and the longest steps: among sixty bars nobody finds them. `arrow` is between task and step. */
export function longestTexts(rows: WaterfallRow[], arrow: string): string[] {
  const steps = rows.filter(({ category, result }) => category === 'step' && result !== 'skip');
  const stepName = (row: WaterfallRow): string => {
    const task = taskAbove(rows, row);
    return [...(task ? [plainName(task)] : []), plainName(row)].join(` ${arrow} `);
  };
  return [
    `longest tasks: ${named(rows.filter(isTask), plainName)}`,
    ...(steps.length > 0 ? [`longest steps: ${named(steps, stepName)}`] : []),
  ];
}
