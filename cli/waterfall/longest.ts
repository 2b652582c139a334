import type { WaterfallRow } from '../../local/viewer/row.ts';
import { plainName, taskAbove } from '../../local/viewer/summary/run-rows.ts';
import { displayWidth, printable } from './display-width.ts';
import { isTask } from './rows.ts';

const MAX_NAMED = 3;

/** `longest tasks: shard-37 15.55 s, shard-18 9.71 s`: at most three, and only as many as have room; the first always. */
function named(label: string, rows: WaterfallRow[], width: number, nameOf: (row: WaterfallRow) => string): string {
  const texts = rows
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, MAX_NAMED)
    .map((row) => printable(`${nameOf(row)} ${row.durationText}`));
  const lines = texts.map((_text, index) => `${label}: ${texts.slice(0, index + 1).join(', ')}`);
  return lines.findLast((line) => displayWidth(line) <= width) ?? lines[0] ?? '';
}

/** The longest tasks, waits included, and the longest steps: among sixty bars nobody finds them. At most `width` columns; `arrow` is between task and step. */
export function longestTexts(rows: WaterfallRow[], width: number, arrow: string): string[] {
  const steps = rows.filter(({ category, result }) => category === 'step' && result !== 'skip');
  const stepName = (row: WaterfallRow): string => {
    const task = taskAbove(rows, row);
    return [...(task ? [plainName(task)] : []), plainName(row)].join(` ${arrow} `);
  };
  return [
    named('longest tasks', rows.filter(isTask), width, plainName),
    ...(steps.length > 0 ? [named('longest steps', steps, width, stepName)] : []),
  ];
}
