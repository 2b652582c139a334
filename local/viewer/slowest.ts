import { formatDuration } from './duration.ts';
import type { WaterfallRow } from './row.ts';
import { plainName, rootOf } from './summary/run-rows.ts';
import type { Waterfall } from './waterfall.ts';

/** What all executions of one task, step or function took. Times are milliseconds. */
export interface DurationStatistic {
  name: string;
  /** Of a step: its task. Of a function: the service of its controller. */
  of?: string;
  count: number;
  /** Of these, how many ended with an error, a failure or a timeout. */
  errors: number;
  totalMs: number;
  /** The median; of an even number the lower of the two in the middle. */
  p50Ms: number;
  maxMs: number;
  totalText: string;
  p50Text: string;
  maxText: string;
  /** The trace that has the longest. */
  maxTraceId: string;
}

export interface Slowest {
  /** The runs that were counted. */
  runs: number;
  tasks: DurationStatistic[];
  steps: DurationStatistic[];
  /** Functions of the controllers; the time of one includes that of those that it calls. */
  functions: DurationStatistic[];
}

export type SlowestOrder = 'total' | 'p50' | 'max' | 'count';

const FAILED = new Set(['failure', 'error', 'timeout']);

interface Group {
  name: string;
  of?: string;
  all: { ms: number; failed: boolean; traceId: string }[];
}

class Groups {
  readonly #groups = new Map<string, Group>();

  add(row: WaterfallRow, traceId: string, name: string, of?: string): void {
    const key = JSON.stringify([of, name]);
    const group = this.#groups.get(key) ?? { name, ...(of !== undefined && { of }), all: [] };
    this.#groups.set(key, group);
    group.all.push({ ms: row.durationMs, failed: FAILED.has(row.result), traceId });
  }

  statistics(order: SlowestOrder): DurationStatistic[] {
    const measure: Record<SlowestOrder, (one: DurationStatistic) => number> = {
      total: ({ totalMs }) => totalMs,
      p50: ({ p50Ms }) => p50Ms,
      max: ({ maxMs }) => maxMs,
      count: ({ count }) => count,
    };
    const by = measure[order];
    return [...this.#groups.values()].map(statisticOf).toSorted((a, b) => by(b) - by(a) || (a.name < b.name ? -1 : 1));
  }
}

function statisticOf({ name, of, all }: Group): DurationStatistic {
  const sorted = all.toSorted((a, b) => a.ms - b.ms);
  const totalMs = sorted.reduce((sum, { ms }) => sum + ms, 0);
  const p50Ms = sorted[Math.ceil(sorted.length / 2) - 1]?.ms ?? 0;
  const longest = sorted.at(-1);
  const maxMs = longest?.ms ?? 0;
  return {
    name,
    ...(of !== undefined && { of }),
    count: sorted.length,
    errors: sorted.filter(({ failed }) => failed).length,
    ...{ totalMs, p50Ms, maxMs },
    ...{ totalText: formatDuration(totalMs), p50Text: formatDuration(p50Ms), maxText: formatDuration(maxMs) },
    maxTraceId: longest?.traceId ?? '',
  };
}

function taskAbove(rows: WaterfallRow[], row: WaterfallRow): WaterfallRow | undefined {
  let above: WaterfallRow | undefined = rows[row.parent];
  while (above && above.category !== 'task') above = rows[above.parent];
  return above;
}

/** The name of a run's Pipeline or Task. */
export function pipelineOf(waterfall: Waterfall): string | undefined {
  const root = rootOf(waterfall)?.row;
  return root?.category === 'run' ? plainName(root) : undefined;
}

/**
 * Which tasks, steps and functions of controllers take longest in many runs. Skipped tasks do not count, and what still runs neither. Pure.
 * @param pipeline only runs of the Pipeline (or Task) of this name
 */
export function slowest(waterfalls: Iterable<Waterfall>, order: SlowestOrder, pipeline?: string): Slowest {
  const [tasks, steps, functions] = [new Groups(), new Groups(), new Groups()];
  let runs = 0;
  for (const waterfall of waterfalls) {
    if (pipeline !== undefined && pipelineOf(waterfall) !== pipeline) continue;
    runs += 1;
    const { rows, traceId } = waterfall;
    for (const row of rows) {
      if (row.isRunning === true || row.result === 'skip' || row.fromStep) continue;
      if (row.category === 'task' || row.category === 'custom') tasks.add(row, traceId, plainName(row));
      else if (row.category === 'step') {
        const task = taskAbove(rows, row);
        steps.add(row, traceId, plainName(row), task && plainName(task));
      } else if (row.category === 'controller' && row.kind !== 'client')
        functions.add(row, traceId, row.name, row.service);
    }
  }
  return {
    runs,
    tasks: tasks.statistics(order),
    steps: steps.statistics(order),
    functions: functions.statistics(order),
  };
}
