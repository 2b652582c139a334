import type { Category, Result } from '../classify.ts';
import { attributeOf, type WaterfallRow } from '../row.ts';
import type { Waterfall } from '../waterfall.ts';
import { plainName } from './run-rows.ts';
import type { RunFacts, SummaryFailure } from './types.ts';

const WENT_WRONG: readonly Result[] = ['failure', 'error', 'timeout', 'cancellation'];
/** Controllers' functions and programs in steps have problems of their own, which are no failure of the run. */
const NOT_OF_THE_RUN: readonly Category[] = ['controller', 'other', 'placeholder'];
/** Reasons that say no more than the exit code does. */
const EMPTY_REASONS = ['Error', 'Failed', 'StepFailed'];

const POD = 'k8s.pod.name';

/** The rows above, the nearest first. */
function ancestors({ rows }: Waterfall, row: WaterfallRow): WaterfallRow[] {
  const found: WaterfallRow[] = [];
  for (let above = rows[row.parent]; above; above = rows[above.parent]) found.push(above);
  return found;
}

/** A failure that was ignored, or was followed by a successful attempt, is no failure of the run. Nor is an attempt whose task goes on. */
function isFatal(row: WaterfallRow, above: WaterfallRow[]): boolean {
  const mayBeRetried = [row, ...above].some(
    ({ category }, index) => category === 'attempt' && above[index]?.category === 'placeholder',
  );
  const goesOn = ({ category, result }: WaterfallRow): boolean =>
    category === 'placeholder' || (category === 'run' && result === 'running');
  return !mayBeRetried && above.every((row) => goesOn(row) || WENT_WRONG.includes(row.result));
}

/** The Pod is an attribute of the task, or of the first wait of its attempt. */
function podOf({ rows }: Waterfall, row: WaterfallRow, above: WaterfallRow[]): string | undefined {
  const near = [row, ...above].flatMap((one) => [one, ...rows.filter((other) => rows[other.parent] === one)]);
  return near.map((one) => attributeOf(one, POD)).find((pod) => pod !== undefined);
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

function causeOf(row: WaterfallRow, exitCode: number | undefined, logTail: readonly string[]): string {
  const code = exitCode === undefined ? undefined : `exit code ${exitCode}`;
  const reason = attributeOf(row, 'error.type') ?? '';
  const { message = '' } = row.status;
  const own = oneLine(message) === code ? '' : oneLine(message);
  const said = own === '' ? oneLine(logTail.findLast((line) => line.trim() !== '') ?? '') : own;
  const parts = [code, EMPTY_REASONS.includes(reason) && (code ?? said) ? '' : reason, said].filter(Boolean);
  return [...new Set(parts)].join(': ') || (row.problem ?? row.result);
}

function failureOf(
  waterfall: Waterfall,
  row: WaterfallRow,
  above: WaterfallRow[],
  { logTail }: RunFacts,
): SummaryFailure {
  const unit = [row, ...above].find(({ category }) => category === 'task' || category === 'custom');
  const task = unit && plainName(unit);
  const step = row === unit || row.category === 'run' ? undefined : row.category === 'step' ? plainName(row) : row.name;
  const code = Number(attributeOf(row, 'process.exit.code') ?? 0);
  const pod = podOf(waterfall, row, above);
  const container = attributeOf(row, 'k8s.container.name');
  const tail = (pod !== undefined && container !== undefined && logTail?.(pod, container)) || [];
  const cause = causeOf(row, code === 0 ? undefined : code, tail);
  const where = [task, step].filter((part) => part !== undefined).join(' › ');
  return {
    rowId: row.id,
    ...(task !== undefined && { task }),
    ...(step !== undefined && { step }),
    ...(code !== 0 && { exitCode: code }),
    cause,
    logTail: tail,
    ...(pod !== undefined && { pod }),
    ...(container !== undefined && { container }),
    text: where === '' ? cause : `${where}: ${cause}`,
    ...(row.category === 'wait' && { isWait: true as const }),
  };
}

/** Failures before the cancellations that they caused, then by their end. */
function inOrder(a: WaterfallRow, b: WaterfallRow): number {
  const isCut = (row: WaterfallRow): number => (row.result === 'cancellation' ? 1 : 0);
  return isCut(a) - isCut(b) || a.offsetMs + a.durationMs - (b.offsetMs + b.durationMs);
}

/** Where the failures of the run began. */
export function failuresOf(waterfall: Waterfall, facts: RunFacts): SummaryFailure[] {
  return waterfall.rows
    .filter((row) => row.isOrigin && !NOT_OF_THE_RUN.includes(row.category))
    .map((row) => ({ row, above: ancestors(waterfall, row) }))
    .filter(({ row, above }) => isFatal(row, above))
    .toSorted((a, b) => inOrder(a.row, b.row))
    .map(({ row, above }) => failureOf(waterfall, row, above, facts));
}
