import { formatDuration } from '../../local/viewer/duration.ts';
import type { WaterfallRow } from '../../local/viewer/row.ts';
import type { Waterfall } from '../../local/viewer/waterfall.ts';
import { printable } from './display-width.ts';

/** Milliseconds during which at least one of the rows was running. */
function coveredMs(rows: WaterfallRow[]): number {
  let until = -Infinity;
  let total = 0;
  for (const { offsetMs, durationMs } of rows.toSorted((a, b) => a.offsetMs - b.offsetMs)) {
    const end = offsetMs + durationMs;
    total += Math.max(0, end - Math.max(offsetMs, until));
    until = Math.max(until, end);
  }
  return total;
}

/** Two short lines: the longest task, and the time of all waits (overlapping waits count once). */
export function summaryParts(waterfall: Waterfall): string[] {
  const tasks = waterfall.rows.filter((row) => row.category === 'task' && row.result !== 'skip');
  const [longest] = tasks.toSorted((a, b) => b.durationMs - a.durationMs);
  const waiting = coveredMs(waterfall.rows.filter((row) => row.category === 'wait'));
  const parts = [
    longest && `longest: ${printable(longest.name)} (${longest.durationText} of ${waterfall.durationText})`,
    `waiting: ${waiting > 0 ? formatDuration(waiting) : 'none'}`,
  ];
  return parts.filter((part) => part !== undefined);
}
