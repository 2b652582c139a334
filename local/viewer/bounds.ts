import { categoryOf } from './classify.ts';
import type { Bounds } from './row.ts';
import type { SpanNode } from './tree.ts';

const MINUTE = 60n * 1_000_000_000n;
const WEEK = 7n * 24n * 60n * MINUTE;

/** The bounds with every start and end that is at most `slack` nanoseconds outside them. */
function extended({ start, end }: Bounds, nodes: SpanNode[], slack: bigint): Bounds {
  const starts = nodes.map((node) => node.start).filter((time) => time < start && time >= start - slack);
  const ends = nodes.map((node) => node.end).filter((time) => time > end && time <= end + slack);
  return {
    start: starts.reduce((first, time) => (time < first ? time : first), start),
    end: ends.reduce((last, time) => (time > last ? time : last), end),
  };
}

/**
 * What the axis of a trace shows: its runs, else the span in the middle, with all other spans around. A time that is more than a week away is wrong (a
 * clock that was not set, 1970 for an unknown time), and would leave nothing of the run to see. Controllers reconcile a run again hours after it
 * has ended, or have another clock: of an ended run, they count up to a minute.
 * @param nodes of the run's own spans; those of steps may have any times
 */
export function boundsOf(nodes: SpanNode[]): Bounds {
  const isOf = (category: string) => (node: SpanNode) => categoryOf(node.located) === category;
  const own = nodes.filter((node) => !node.sender);
  const counted = own.length > 0 ? own : nodes;
  const controllers = counted.filter(isOf('controller'));
  const others = counted.filter((node) => !isOf('controller')(node));
  const runs = counted.filter(isOf('run'));
  const byStart = (runs.length > 0 ? runs : others.length > 0 ? others : counted).toSorted((a, b) =>
    a.start < b.start ? -1 : a.start > b.start ? 1 : 0,
  );
  const middle = byStart[Math.floor(byStart.length / 2)];
  if (!middle) return { start: 0n, end: 0n };
  // Its end may be wrong while its start is right.
  const core = { start: middle.start, end: middle.end - middle.start > 52n * WEEK ? middle.start : middle.end };
  const hasEnded = runs.some(({ isRunning }) => !isRunning);
  return extended(extended(core, others, WEEK), controllers, hasEnded ? MINUTE : WEEK);
}
