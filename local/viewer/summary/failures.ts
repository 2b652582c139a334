import { printableUpTo } from '../../../shared/text/printable.ts';
import { STOPPED, wentWrong, type Category } from '../classify.ts';
import { exitCodeText } from '../exit-code.ts';
import { logPlaceOf } from '../log-place.ts';
import { attributeOf, type WaterfallRow } from '../row.ts';
import type { Waterfall } from '../waterfall.ts';
import { plainName } from './run-rows.ts';
import type { RunFacts, SummaryFailure, ToleratedFailure } from './types.ts';

/** Controllers' functions and programs in steps have problems of their own, which are no failure of the run. */
const NOT_OF_THE_RUN: readonly Category[] = ['controller', 'other', 'placeholder'];
/** Reasons that say no more than the exit code does. */
const EMPTY_REASONS = ['Error', 'Failed', 'StepFailed'];

/** A longer message is cut: its row has it whole. */
const MAX_CAUSE = 1000;

/** The rows above, the nearest first. */
function ancestors({ rows }: Waterfall, row: WaterfallRow): WaterfallRow[] {
  const found: WaterfallRow[] = [];
  for (let above = rows[row.parent]; above; above = rows[above.parent]) found.push(above);
  return found;
}

/** Another attempt came after it: the last one decides how the task ended. */
function isRetried({ rows }: Waterfall, row: WaterfallRow): boolean {
  const later = (other: WaterfallRow): boolean => other.parent === row.parent && other.offsetMs > row.offsetMs;
  return row.category === 'attempt' && rows.some((other) => other.category === 'attempt' && later(other));
}

/** A failure that was ignored, or was followed by another attempt, is no failure of the run. Nor is an attempt whose task goes on. */
function isFatal(row: WaterfallRow, above: WaterfallRow[]): boolean {
  const mayBeRetried = [row, ...above].some(
    ({ category }, index) => category === 'attempt' && above[index]?.category === 'placeholder',
  );
  const goesOn = ({ category, result }: WaterfallRow): boolean =>
    category === 'placeholder' || (category === 'run' && result === 'running');
  return !mayBeRetried && above.every((row) => goesOn(row) || wentWrong(row.result));
}

/** Why the run went on after a failure; undefined if it did not, or that is not known yet. */
function toleranceOf(
  waterfall: Waterfall,
  row: WaterfallRow,
  above: WaterfallRow[],
): ToleratedFailure['how'] | undefined {
  for (const one of [row, ...above]) {
    if (isRetried(waterfall, one)) return 'retried';
    // A wait that came to an end was not ignored.
    if (one.result === 'success') return row.category === 'wait' ? undefined : 'ignored';
    if (!wentWrong(one.result)) return undefined;
  }
  return undefined;
}

const oneLine = (text: string): string => printableUpTo(text, MAX_CAUSE).replace(/\s+/g, ' ');

function causeOf(row: WaterfallRow, exitCode: number | undefined, logTail: readonly string[]): string {
  const code = exitCode === undefined ? undefined : exitCodeText(exitCode);
  const reason = oneLine(attributeOf(row, 'error.type') ?? '');
  const { message = '' } = row.status;
  const own = oneLine(message) === `exit code ${exitCode}` ? '' : oneLine(message);
  const said = own === '' ? oneLine(logTail.findLast((line) => line.trim() !== '') ?? '') : own;
  const parts = [code, EMPTY_REASONS.includes(reason) && (code ?? said) ? '' : reason, said].filter(Boolean);
  return [...new Set(parts)].join(': ') || (row.problem ?? row.result);
}

/** In which task, attempt and step, or other container or wait, it began. */
function placeOf(row: WaterfallRow, above: WaterfallRow[]): Pick<SummaryFailure, 'task' | 'attempt' | 'step'> {
  const unit = [row, ...above].find(({ category }) => category === 'task' || category === 'custom');
  const attempt = [row, ...above].find(({ category }) => category === 'attempt');
  const isWhole = row === unit || row === attempt || row.category === 'run';
  return {
    ...(unit && { task: plainName(unit) }),
    ...(attempt && { attempt: attempt.name }),
    ...(!isWhole && { step: row.category === 'step' ? plainName(row) : row.name }),
  };
}

function failureOf(
  waterfall: Waterfall,
  row: WaterfallRow,
  above: WaterfallRow[],
  { logTail }: RunFacts,
): SummaryFailure {
  const place = placeOf(row, above);
  const code = STOPPED.includes(row.result) ? 0 : Number(attributeOf(row, 'process.exit.code') ?? 0);
  const log = logPlaceOf(waterfall.rows, row);
  const tail = (log && logTail?.(log)) ?? [];
  const cause = causeOf(row, code === 0 ? undefined : code, tail);
  const where = [place.task, place.attempt, place.step].filter((part) => part !== undefined).join(' › ');
  return {
    rowId: row.id,
    ...place,
    result: row.result,
    ...(code !== 0 && { exitCode: code }),
    cause,
    logTail: tail,
    ...(log && { log }),
    text: where === '' ? cause : `${where}: ${cause}`,
    ...(row.category === 'wait' && { isWait: true as const }),
  };
}

/** Failures before the cancellations that they caused, then by their end. */
function inOrder(a: WaterfallRow, b: WaterfallRow): number {
  const isCut = (row: WaterfallRow): number => (row.result === 'cancellation' ? 1 : 0);
  return isCut(a) - isCut(b) || a.offsetMs + a.durationMs - (b.offsetMs + b.durationMs);
}

interface Found {
  row: WaterfallRow;
  above: WaterfallRow[];
}

/** Where something of the run began to go wrong. */
function originsOf(waterfall: Waterfall): Found[] {
  return waterfall.rows
    .filter((row) => row.isOrigin && !NOT_OF_THE_RUN.includes(row.category))
    .map((row) => ({ row, above: ancestors(waterfall, row) }))
    .toSorted((a, b) => inOrder(a.row, b.row));
}

/** Where the failures of the run began. */
export function failuresOf(waterfall: Waterfall, facts: RunFacts): SummaryFailure[] {
  return originsOf(waterfall)
    .filter(({ row, above }) => isFatal(row, above) && toleranceOf(waterfall, row, above) === undefined)
    .map(({ row, above }) => failureOf(waterfall, row, above, facts));
}

/** The failures after which the run went on. */
export function toleratedOf(waterfall: Waterfall, facts: RunFacts): ToleratedFailure[] {
  return originsOf(waterfall).flatMap(({ row, above }) => {
    const how = toleranceOf(waterfall, row, above);
    return how === undefined ? [] : [{ ...failureOf(waterfall, row, above, facts), how }];
  });
}
