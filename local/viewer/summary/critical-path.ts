import type { Waterfall } from '../waterfall.ts';
import { dependenciesOf, graphOf, type Graph } from './graph.ts';
import { below, endOf, plainName, unitsBelow, type Placed } from './run-rows.ts';
import type { CriticalPath, PathTask } from './types.ts';

/** A part of the run's time, in milliseconds after the trace's start. */
export interface Segment {
  fromMs: number;
  toMs: number;
  /** The run whose time it is: the root, or a Pipeline in it. */
  run: Placed;
  /** The task that was on the path; undefined while there was none. */
  unit?: Placed;
  /** Its name, after those of the Pipelines that it is in. */
  name?: string;
}

/** Times in milliseconds are rounded. */
const ROUNDING_MS = 1;
const SECOND_MS = 1000;

/** How exact the trace's times are, in milliseconds. Where every Pod was scheduled at a whole second, Kubernetes wrote whole seconds. */
export function precisionMs({ rows, startUnixMs }: Waterfall): number {
  const scheduled = rows.filter(({ name, category }) => category === 'wait' && name === 'pod scheduling');
  const isWhole = scheduled.every(({ offsetMs, durationMs }) => {
    const part = (startUnixMs + offsetMs + durationMs) % SECOND_MS;
    return Math.min(part, SECOND_MS - part) < ROUNDING_MS;
  });
  return scheduled.length > 0 && isWhole ? SECOND_MS : ROUNDING_MS;
}

/** The last to end; of those that end together the last to begin. */
function latest(units: Placed[]): Placed | undefined {
  return units.toSorted((a, b) => endOf(b) - endOf(a) || b.row.offsetMs - a.row.offsetMs)[0];
}

/**
 * The units that decided when their run ended, in the order of time. Before a unit comes the last to end of those that it depends on. Without a graph it
 * is the last to end of all that ended before it started, and up to `precision` after that.
 */
function chainOf(units: Placed[], graph: Graph | undefined, precision: number): Placed[] {
  const chain: Placed[] = [];
  const before = (at: Placed): Placed[] => {
    const started = units.filter(({ row }) => row.offsetMs < at.row.offsetMs);
    const dependencies = graph && dependenciesOf(at, started, graph);
    return dependencies ?? started.filter((one) => endOf(one) <= at.row.offsetMs + precision);
  };
  for (let at = latest(units); at; at = latest(before(at))) chain.unshift(at);
  return chain;
}

/** Divides the time of a run into the units of its critical path and the time without any. A Pipeline in a Pipeline is divided again. */
export function segmentsOf(waterfall: Waterfall, run: Placed, precision: number, prefix = ''): Segment[] {
  const units = unitsBelow(waterfall, run);
  const [fromMs, endMs] = [run.row.offsetMs, endOf(run)];
  // A TaskRun of its own is its only task.
  if (units.length === 0 && below(waterfall, run).some(({ row }) => row.category === 'step'))
    return [{ fromMs, toMs: endMs, run, unit: run, name: plainName(run.row) }];
  const segments: Segment[] = [];
  let atMs = fromMs;
  const chain = chainOf(units, graphOf(run), precision);
  for (const [index, unit] of chain.entries()) {
    const startMs = Math.max(atMs, unit.row.offsetMs);
    const untilMs = Math.max(startMs, Math.min(endOf(unit), chain[index + 1]?.row.offsetMs ?? endMs));
    const name = `${prefix}${plainName(unit.row)}`;
    const inside = unit.row.category === 'run' ? segmentsOf(waterfall, unit, precision, `${name}/`) : [];
    if (startMs > atMs) segments.push({ fromMs: atMs, toMs: startMs, run });
    segments.push(...(inside.some((one) => one.unit) ? inside : [{ fromMs: startMs, toMs: untilMs, run, unit, name }]));
    atMs = untilMs;
  }
  if (endMs > atMs) segments.push({ fromMs: atMs, toMs: endMs, run });
  return segments;
}

function pathTask(waterfall: Waterfall, unit: Placed, name: string): PathTask {
  const steps = below(waterfall, unit).filter(({ row }) => row.category === 'step' && row.result !== 'skip');
  const longest = steps.toSorted((a, b) => b.row.durationMs - a.row.durationMs)[0]?.row;
  const { id, result, offsetMs, durationMs, durationText } = unit.row;
  return {
    ...{ rowId: id, task: name, result, offsetMs, durationMs, durationText },
    ...(longest && {
      longestStep: {
        rowId: longest.id,
        step: plainName(longest),
        durationMs: longest.durationMs,
        durationText: longest.durationText,
      },
    }),
  };
}

/** What to show of the path. Undefined without tasks. */
export function criticalPathOf(waterfall: Waterfall, segments: readonly Segment[]): CriticalPath | undefined {
  const tasks = segments.flatMap(({ unit, name = '' }) => (unit ? [pathTask(waterfall, unit, name)] : []));
  const withStep = tasks.filter(({ longestStep }) => longestStep);
  const lengthOf = (task: PathTask): number => (task.longestStep ?? task).durationMs;
  const longest = (withStep.length > 0 ? withStep : tasks).toSorted((a, b) => lengthOf(b) - lengthOf(a))[0];
  if (!longest) return undefined;
  return { parts: shortened(tasks, longest), longest: longest.rowId };
}

/** Tasks that are named in a path: its first and last ones, and the longest. */
const MAX_NAMED = 8;
const NAMED_AT_ENDS = 3;

/** The tasks to name; a number for those between. */
function shortened(tasks: readonly PathTask[], longest: PathTask): (PathTask | number)[] {
  if (tasks.length <= MAX_NAMED) return [...tasks];
  const isNamed = (task: PathTask, index: number): boolean =>
    task === longest || index < NAMED_AT_ENDS || index >= tasks.length - NAMED_AT_ENDS;
  const parts: (PathTask | number)[] = [];
  for (const [index, task] of tasks.entries()) {
    const last = parts.at(-1);
    if (isNamed(task, index)) parts.push(task);
    else if (typeof last === 'number') parts[parts.length - 1] = last + 1;
    else parts.push(1);
  }
  return parts;
}
