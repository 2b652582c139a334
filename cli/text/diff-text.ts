import type { Result } from '../../local/viewer/classify.ts';
import type { ComparedGroup, ComparedRow, ComparedRun, ComparedSide, Comparison } from '../../local/viewer/compare.ts';
import { tableLines, type Cell, type Column } from './table.ts';
import type { Terminal } from './terminal.ts';
import { fit, printable } from '../waterfall/display-width.ts';
import { wrap } from './wrap.ts';
import type { Style } from '../waterfall/style.ts';

type Paint = Pick<Terminal, 'bold' | 'dim' | 'red' | 'green' | 'style' | 'width'>;

export interface DiffOptions {
  /** Show all tasks with their steps: also those without a notable difference, and those beyond what fits on a screen. */
  all: boolean;
}

const COLUMNS: Column[] = [
  { head: 'task', align: 'left' },
  { head: 'before', align: 'right' },
  { head: 'after', align: 'right' },
  { head: 'difference', align: 'right' },
  { head: '', align: 'right' },
];

const isQuiet = (result: Result): boolean => result === 'success' || result === 'none';
const signs = (text: string, { minus }: Style): string => text.replace('−', minus);

function sideText(side: ComparedSide | undefined, { marks }: Style): string {
  if (!side) return '-';
  if (side.result === 'skip') return 'skipped';
  const times = side.times > 1 ? ` x${side.times}` : '';
  return `${isQuiet(side.result) ? '' : `${marks[side.result]} `}${side.durationText}${times}`;
}

/** Of what took less than a millisecond there is no share: Kubernetes' times are whole seconds, so it may have been any length. */
function percent(beforeMs: number, afterMs: number): string {
  const share = beforeMs < 1 ? 0 : Math.round((100 * (afterMs - beforeMs)) / beforeMs);
  return share === 0 ? '' : `${share > 0 ? '+' : '−'}${Math.abs(share)} %`;
}

function paintOf({ change }: Pick<ComparedRow, 'change'>, paint: Paint): (text: string) => string {
  if (change === 'same') return paint.dim;
  return change === 'slower' || change === 'added' ? paint.red : paint.green;
}

function cellsOf(row: ComparedRow, paint: Paint): Cell[] {
  const { kind, task, before, after } = row;
  const indent = kind === 'task' || task === undefined ? '' : '  ';
  const own = kind === 'task' ? paint.bold : kind === 'wait' ? paint.dim : String;
  const change = paintOf(row, paint);
  return [
    { text: `${indent}${kind === 'step' ? 'step ' : ''}${printable(row.name)}`, paint: own },
    { text: sideText(before, paint.style) },
    { text: sideText(after, paint.style) },
    { text: signs(row.differenceText, paint.style), paint: change },
    { text: before && after ? signs(percent(before.durationMs, after.durationMs), paint.style) : '', paint: change },
  ];
}

function runLines(runs: ComparedRun[], paint: Paint): string[] {
  const columns: Column[] = [
    { head: '', align: 'left' },
    { head: '', align: 'left' },
    { head: '', align: 'right' },
  ];
  const cells = runs.map(({ name, result, durationText, finished }): Cell[] => [
    { text: printable(name), paint: paint.bold },
    { text: result, paint: isQuiet(result) ? paint.green : paint.red },
    { text: `${durationText}${finished ? '' : ' so far'}` },
  ]);
  const [, ...lines] = tableLines(columns, cells, { width: paint.width, ellipsis: paint.style.ellipsis, head: String });
  return runs.flatMap(({ problem }, index) => {
    const cause =
      problem === undefined
        ? []
        : [paint.red(fit(`  ${printable(problem)}`, paint.width, paint.style.ellipsis).trimEnd())];
    return [lines[index] ?? '', ...cause];
  });
}

function verdict(comparison: Comparison, paint: Paint): string {
  const { before, after, change } = comparison;
  const difference = signs(comparison.differenceText, paint.style);
  if (change === 'same') return `About as long${difference === '=' ? '' : ` (${difference})`}.`;
  const share = signs(percent(before.durationMs, after.durationMs), paint.style);
  return `${paintOf(comparison, paint)(difference)} ${change}${share === '' ? '' : ` (${share})`}`;
}

/** The verdict, and what makes it doubtful. A run that goes on, or the same run, is neither faster nor slower. */
function verdictLines(comparison: Comparison, paint: Paint): string[] {
  const { before, after, caveats } = comparison;
  const hasVerdict = before.traceId !== after.traceId && before.finished && after.finished;
  const shown = caveats.flatMap((text) => wrap(printable(text), paint.width));
  return [...(hasVerdict ? [verdict(comparison, paint)] : []), ...shown];
}

/** Up to this number of tasks with a difference all are shown, with their steps and waits: more do not fit on a screen. */
const MAX_WHOLE = 10;
/** Of more, the tasks that became slower by most and those that became faster by most. */
const SLOWEST = 8;
const FASTEST = 4;

/** The rows of the table. Groups are ordered by their difference, the slower ones first. */
function rowsOf(changed: ComparedGroup[], all: boolean, paint: Paint): Cell[][] {
  if (all || changed.length <= MAX_WHOLE) return changed.flatMap(({ rows }) => rows.map((row) => cellsOf(row, paint)));
  const heads = changed.flatMap(({ rows: [head] }) => (head ? [cellsOf(head, paint)] : []));
  const between = heads.length - SLOWEST - FASTEST;
  if (between <= 1) return heads;
  const more: Cell[] = [{ text: `${paint.style.ellipsis} ${between} more`, paint: paint.dim }];
  return [...heads.slice(0, SLOWEST), more, ...heads.slice(-FASTEST)];
}

/**
 * The comparison of two runs as text: both runs, then the tasks that became slower by most. Of more than ten tasks with a difference those with the
 * largest are shown, without their steps, unless `all`. Ends with a newline.
 */
export function diffText(comparison: Comparison, paint: Paint, { all }: DiffOptions): string {
  const { before, after, groups, notable } = comparison;
  const changed = all ? groups : groups.filter(({ isChanged }) => isChanged);
  const left = groups.length - changed.length;
  const isCut = !all && changed.length > MAX_WHOLE;
  const table = tableLines(COLUMNS, rowsOf(changed, all, paint), {
    width: paint.width,
    ellipsis: paint.style.ellipsis,
    head: paint.dim,
  });
  const hints = [
    ...(isCut ? [`--all shows the steps of all ${changed.length} tasks with a difference`] : []),
    ...(left > 0
      ? [`${left} without a notable difference (${notable.ms} ms and ${notable.percent} %): --all shows them`]
      : []),
  ];
  return [
    ...runLines([before, after], paint),
    ...verdictLines(comparison, paint),
    ...(changed.length > 0 ? ['', ...table] : []),
    ...(hints.length > 0 ? ['', ...hints.map(paint.dim)] : []),
    '',
  ].join('\n');
}
