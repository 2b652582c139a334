import { formatDuration } from './duration.ts';
import { callsOf } from './functions.ts';
import type { WaterfallRow } from './row.ts';
import { pipelineOf, plainName, taskAbove } from './summary/run-rows.ts';
import type { Waterfall } from './waterfall.ts';

/** What all executions of one task, step or function took. Times are milliseconds. */
export interface DurationStatistic {
  name: string;
  /** Of a step: its task. Of a function: the service of its controller. */
  of?: string;
  count: number;
  /** Of these, how many ended with an error, a failure or a timeout. */
  errors: number;
  /** Of a function: without the functions and API requests that it calls. */
  selfMs?: number;
  totalMs: number;
  /** The median; of an even number the lower of the two in the middle. */
  p50Ms: number;
  maxMs: number;
  selfText?: string;
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
  /** Functions of the controllers, and their API requests. All times of one but its own include those of the functions that it calls. */
  functions: DurationStatistic[];
}

/** `self`: functions by their own time; tasks and steps by their total. */
export type SlowestOrder = 'self' | 'total' | 'p50' | 'max' | 'count';

const FAILED = new Set(['failure', 'error', 'timeout']);

interface Counted {
  name: string;
  of?: string | undefined;
  selfMs?: number;
}

interface Group {
  name: string;
  of?: string;
  all: { ms: number; selfMs?: number; failed: boolean; traceId: string }[];
}

class Groups {
  readonly #groups = new Map<string, Group>();

  add(row: WaterfallRow, traceId: string, { name, of, selfMs }: Counted): void {
    const key = JSON.stringify([of, name]);
    const group = this.#groups.get(key) ?? { name, ...(of !== undefined && { of }), all: [] };
    this.#groups.set(key, group);
    group.all.push({
      ms: row.durationMs,
      ...(selfMs !== undefined && { selfMs }),
      failed: FAILED.has(row.result),
      traceId,
    });
  }

  statistics(order: SlowestOrder): DurationStatistic[] {
    const measure: Record<SlowestOrder, (one: DurationStatistic) => number> = {
      self: ({ selfMs, totalMs }) => selfMs ?? totalMs,
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
  const ownMs = sorted.flatMap(({ selfMs }) => selfMs ?? []);
  const selfMs = ownMs.reduce((sum, ms) => sum + ms, 0);
  const maxMs = longest?.ms ?? 0;
  return {
    name,
    ...(of !== undefined && { of }),
    count: sorted.length,
    errors: sorted.filter(({ failed }) => failed).length,
    ...(ownMs.length > 0 && { selfMs, selfText: formatDuration(selfMs) }),
    ...{ totalMs, p50Ms, maxMs },
    ...{ totalText: formatDuration(totalMs), p50Text: formatDuration(p50Ms), maxText: formatDuration(maxMs) },
    maxTraceId: longest?.traceId ?? '',
  };
}

/**
 * Which tasks, steps and functions of controllers take longest in many runs. Skipped tasks do not count. Pure.
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
      if (row.result === 'skip') continue;
      if (row.category === 'task' || row.category === 'custom') tasks.add(row, traceId, { name: plainName(row) });
      else if (row.category === 'step') {
        const task = taskAbove(rows, row);
        steps.add(row, traceId, { name: plainName(row), of: task && plainName(task) });
      }
    }
    for (const { row, selfMs } of callsOf(rows))
      functions.add(row, traceId, { name: row.name, of: row.service, selfMs });
  }
  return {
    runs,
    tasks: tasks.statistics(order),
    steps: steps.statistics(order),
    functions: functions.statistics(order),
  };
}
