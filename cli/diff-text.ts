import type { Result } from '../local/viewer/classify.ts';
import type { ComparedRow, ComparedRun, ComparedSide, Comparison } from '../local/viewer/compare.ts';
import { tableLines, type Cell, type Column } from './table.ts';
import type { Terminal } from './terminal.ts';
import { fit, printable } from './waterfall/display-width.ts';
import type { Style } from './waterfall/style.ts';

type Paint = Pick<Terminal, 'bold' | 'dim' | 'red' | 'green' | 'style' | 'width'>;

export interface DiffOptions {
  /** Show tasks without a notable difference, too. */
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

function percent(beforeMs: number, afterMs: number): string {
  const share = beforeMs === 0 ? 0 : Math.round((100 * (afterMs - beforeMs)) / beforeMs);
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

/** The comparison of two runs as text: both runs, then the tasks that became slower by most. Ends with a newline. */
export function diffText(comparison: Comparison, paint: Paint, { all }: DiffOptions): string {
  const { before, after, groups, notable } = comparison;
  const shown = all ? groups : groups.filter(({ isChanged }) => isChanged);
  const left = groups.length - shown.length;
  const cells = shown.flatMap(({ rows }) => rows).map((row) => cellsOf(row, paint));
  const table = tableLines(COLUMNS, cells, { width: paint.width, ellipsis: paint.style.ellipsis, head: paint.dim });
  return [
    ...runLines([before, after], paint),
    verdict(comparison, paint),
    ...(shown.length > 0 ? ['', ...table] : []),
    ...(left > 0
      ? [
          '',
          paint.dim(
            `${left} without a notable difference (${notable.ms} ms and ${notable.percent} %): --all shows them`,
          ),
        ]
      : []),
    '',
  ].join('\n');
}
