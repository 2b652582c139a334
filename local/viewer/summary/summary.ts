import { attributeOf } from '../row.ts';
import type { Waterfall } from '../waterfall.ts';
import { criticalPathOf, precisionMs, segmentsOf } from './critical-path.ts';
import { failuresOf, toleratedOf } from './failures.ts';
import { plainName, rootOf } from './run-rows.ts';
import type { RunFacts, RunSummary, SkippedFact } from './types.ts';
import { waitsOf } from './waits.ts';

type When = NonNullable<SkippedFact['whenExpressions']>[number];

const whenText = ({ input = '', operator = 'in', values = [], cel }: When): string =>
  cel ?? `${JSON.stringify(input)} ${operator} (${values.map((value) => JSON.stringify(value)).join(', ')})`;

/** The reason of a skipped task; for when expressions also their values, if they are known. */
function reasonText({ reason, whenExpressions = [] }: Omit<SkippedFact, 'name'>): string {
  return whenExpressions.length === 0 ? reason : `${reason}: ${whenExpressions.map(whenText).join(' and ')}`;
}

function skippedOf({ rows }: Waterfall, facts: readonly SkippedFact[]): RunSummary['skipped'] {
  const fromRows = rows
    .filter(({ category, result }) => category === 'task' && result === 'skip')
    .map((row) => {
      const name = attributeOf(row, 'cicd.pipeline.task.name') ?? plainName(row);
      const fact = facts.find((one) => one.name === name);
      const reason = attributeOf(row, 'tektrace.skip.reason') ?? fact?.reason ?? '';
      return { name, rowId: row.id, task: plainName(row), reason: reasonText({ ...fact, reason }) };
    });
  const known = new Set(fromRows.map(({ name }) => name));
  return [
    ...fromRows.map(({ rowId, task, reason }) => ({ rowId, task, reason })),
    ...facts.filter(({ name }) => !known.has(name)).map((fact) => ({ task: fact.name, reason: reasonText(fact) })),
  ];
}

/**
 * The answers to what a person asks first: why it failed, what took how long, how long it waited, what came out. Pure; for a run that goes on, as
 * of the trace's last moment.
 */
export function summarizeRun(waterfall: Waterfall, facts: RunFacts = {}): RunSummary {
  const root = rootOf(waterfall);
  const precision = precisionMs(waterfall);
  const segments = root ? segmentsOf(waterfall, root, precision) : [];
  const criticalPath = criticalPathOf(waterfall, segments);
  return {
    result: waterfall.result,
    finished: waterfall.finished,
    durationMs: waterfall.durationMs,
    durationText: waterfall.durationText,
    failures: failuresOf(waterfall, facts),
    tolerated: toleratedOf(waterfall, facts),
    ...(criticalPath && { criticalPath }),
    waits: waitsOf(waterfall, segments, precision),
    results: (facts.results ?? []).map(({ name, value }) => ({
      name,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    })),
    skipped: skippedOf(waterfall, facts.skipped ?? []),
    toCome: facts.toCome ?? [],
  };
}
