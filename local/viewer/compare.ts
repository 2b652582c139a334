import type { Result } from './classify.ts';
import { formatDuration } from './duration.ts';
import type { WaterfallRow } from './row.ts';
import { failuresOf } from './summary/failures.ts';
import { pipelineOf, plainName, taskAbove } from './summary/run-rows.ts';
import type { RunFacts } from './summary/types.ts';
import type { Waterfall } from './waterfall.ts';

export type ComparedKind = 'task' | 'step' | 'wait';

/** What one of the runs had of a task, step or wait: all its attempts together. */
export interface ComparedSide {
  result: Result;
  /** Milliseconds. */
  durationMs: number;
  durationText: string;
  /** How often it was there: more than once after a retry. */
  times: number;
}

/** A task, step or wait in both runs, or in one. */
export interface ComparedRow {
  kind: ComparedKind;
  name: string;
  /** The task that a step or wait is of; absent for tasks and for waits of the run itself. */
  task?: string;
  before?: ComparedSide;
  after?: ComparedSide;
  /** After minus before, in milliseconds; what was added or removed counts with its whole duration. */
  differenceMs: number;
  /** `+1.2 s`, `−340 ms`, `added`, `removed`, `=`. */
  differenceText: string;
  /** `slower` and `faster` only from `NOTABLE` on: below, runs differ by chance. */
  change: 'slower' | 'faster' | 'same' | 'added' | 'removed';
}

/** A task with its steps and waits behind it, or a wait of the run itself. */
export interface ComparedGroup {
  rows: ComparedRow[];
  /** One of its rows changed. */
  isChanged: boolean;
}

export interface ComparedRun {
  traceId: string;
  name: string;
  result: Result;
  finished: boolean;
  startUnixMs: number;
  durationMs: number;
  durationText: string;
  /** Where it failed first and why, in one line. */
  problem?: string;
}

export interface Comparison {
  before: ComparedRun;
  after: ComparedRun;
  /** In how far they can't be compared, each in a sentence; empty for two ended runs of one Pipeline. */
  caveats: string[];
  /** Of the whole runs. */
  differenceMs: number;
  differenceText: string;
  change: ComparedRow['change'];
  /** First the tasks that became slower by most. Waits of the run itself are last. */
  groups: ComparedGroup[];
  notable: typeof NOTABLE;
}

/** A difference is notable from these on: both of them. */
const NOTABLE = { ms: 50, percent: 5 };

interface Unit {
  kind: ComparedKind;
  name: string;
  task?: string;
  side: ComparedSide;
}

/** A failure that a retry made good is none: the last attempt's result counts. */
function joined(first: ComparedSide, next: ComparedSide): ComparedSide {
  const durationMs = first.durationMs + next.durationMs;
  return { result: next.result, durationMs, durationText: formatDuration(durationMs), times: first.times + next.times };
}

/** `deploy/apply`: the task of a Pipeline in a Pipeline has the name of that Pipeline's task in front. */
function taskName(rows: WaterfallRow[], row: WaterfallRow): string {
  const names = [plainName(row)];
  for (let above = rows[row.parent]; above; above = rows[above.parent])
    if (above.category === 'run' && above.parent >= 0) names.unshift(plainName(above));
  return names.join('/');
}

function kindOf({ category }: WaterfallRow): ComparedKind | undefined {
  if (category === 'task' || category === 'custom') return 'task';
  return category === 'step' || category === 'wait' ? category : undefined;
}

const keyOf = ({ kind, name, task }: Pick<Unit, 'kind' | 'name' | 'task'>): string =>
  JSON.stringify([kind, task ?? '', name]);

function unitsOf({ rows }: Waterfall): Map<string, Unit> {
  const units = new Map<string, Unit>();
  for (const row of rows) {
    const kind = kindOf(row);
    if (!kind) continue;
    const above = kind === 'task' ? undefined : taskAbove(rows, row);
    const { result, durationMs, durationText } = row;
    const unit: Unit = {
      kind,
      name: kind === 'task' ? taskName(rows, row) : plainName(row),
      ...(above && { task: taskName(rows, above) }),
      side: { result, durationMs, durationText, times: 1 },
    };
    const known = units.get(keyOf(unit));
    units.set(keyOf(unit), known ? { ...known, side: joined(known.side, unit.side) } : unit);
  }
  return units;
}

/** A difference as people write it: with its sign, and `=` for none that can be seen. */
function signed(ms: number): string {
  const text = formatDuration(Math.abs(ms));
  return text === '0 ms' ? '=' : `${ms < 0 ? '−' : '+'}${text}`;
}

function changeOf(beforeMs: number, afterMs: number): 'slower' | 'faster' | 'same' {
  const difference = afterMs - beforeMs;
  const leastMs = Math.max(NOTABLE.ms, (NOTABLE.percent / 100) * Math.max(beforeMs, afterMs));
  const isNotable = Math.abs(difference) >= leastMs;
  return isNotable ? (difference > 0 ? 'slower' : 'faster') : 'same';
}

function compared({ kind, name, task }: Unit, before?: ComparedSide, after?: ComparedSide): ComparedRow {
  const differenceMs = (after?.durationMs ?? 0) - (before?.durationMs ?? 0);
  const change = !before ? 'added' : !after ? 'removed' : changeOf(before.durationMs, after.durationMs);
  return {
    ...{ kind, name },
    ...(task !== undefined && { task }),
    ...(before && { before }),
    ...(after && { after }),
    ...{ differenceMs, change },
    differenceText: change === 'added' || change === 'removed' ? change : signed(differenceMs),
  };
}

const bySlowdown = (a: ComparedRow, b: ComparedRow): number =>
  b.differenceMs - a.differenceMs || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** Steps before waits. */
const inTask = (a: ComparedRow, b: ComparedRow): number =>
  Number(a.kind === 'wait') - Number(b.kind === 'wait') || bySlowdown(a, b);

function headOf(waterfall: Waterfall, facts: RunFacts = {}): ComparedRun {
  const { traceId, runName, title, result, finished, startUnixMs, durationMs, durationText } = waterfall;
  const [failure] = result === 'success' ? [] : failuresOf(waterfall, facts);
  return {
    ...{ traceId, name: runName ?? title, result, finished, startUnixMs, durationMs, durationText },
    ...(failure && { problem: failure.text }),
  };
}

/** In how far the two runs can't be compared, each in a sentence. */
function caveatsOf(before: Waterfall, after: Waterfall): string[] {
  if (before.traceId === after.traceId) return ['Both are the same run.'];
  const [old, current] = [pipelineOf(before), pipelineOf(after)];
  const running = [before, after].filter(({ finished }) => !finished).map(({ runName, title }) => runName ?? title);
  return [
    ...(old !== undefined && current !== undefined && old !== current
      ? [`They are runs of different things: ${old} and ${current}.`]
      : []),
    ...running.map((name) => `${name} has not ended: of it there is only what has ended by now.`),
  ];
}

/**
 * What became slower or faster from one run to another, per task, step and wait. Tasks are the same if they have the same name (with the values
 * of their matrix), steps and waits if their tasks are, too. Attempts of a task count together. Pure.
 * @param before the run to compare with
 * @param facts what the logs of each run say
 */
export function compareRuns(
  before: Waterfall,
  after: Waterfall,
  facts: { before?: RunFacts; after?: RunFacts } = {},
): Comparison {
  const [old, current] = [unitsOf(before), unitsOf(after)];
  const rows = [...new Map([...old, ...current])].map(([key, unit]) =>
    compared(unit, old.get(key)?.side, current.get(key)?.side),
  );
  const tasks = rows.filter(({ kind }) => kind === 'task').toSorted(bySlowdown);
  const others = Map.groupBy(
    rows.filter(({ kind }) => kind !== 'task'),
    ({ task }) => task,
  );
  const below = (task: string | undefined): ComparedRow[] => (others.get(task) ?? []).toSorted(inTask);
  const groups = [...tasks.map((task) => [task, ...below(task.name)]), ...below(undefined).map((wait) => [wait])];
  const differenceMs = after.durationMs - before.durationMs;
  return {
    before: headOf(before, facts.before),
    after: headOf(after, facts.after),
    caveats: caveatsOf(before, after),
    differenceMs,
    differenceText: signed(differenceMs),
    change: changeOf(before.durationMs, after.durationMs),
    groups: groups.map((own) => ({ rows: own, isChanged: own.some(({ change }) => change !== 'same') })),
    notable: NOTABLE,
  };
}
