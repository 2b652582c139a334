import type { DurationStatistic, Slowest } from '../../local/viewer/slowest.ts';
import { tableLines } from './table.ts';
import type { Cell, Column } from './table.ts';
import type { Terminal } from './terminal.ts';
import { printable } from '../waterfall/display-width.ts';

type Paint = Pick<Terminal, 'bold' | 'dim' | 'red' | 'style' | 'width'>;

/** Columns of a terminal from which on ids of traces have room beside names and times. */
const WIDE = { Tasks: 100, Steps: 100, Functions: 120 };
type Kind = keyof typeof WIDE;
const SELF_NOTE = 'self: without the functions and API requests below it';

function nameOf({ name, of }: DurationStatistic, kind: Kind, { style: { arrow } }: Paint): string {
  if (of === undefined) return printable(name);
  return printable(kind === 'Steps' ? `${of} ${arrow} ${name}` : `${name} (${of.replace(/-reconciler$/, '')})`);
}

function columnsOf(kind: Kind, paint: Paint): (Column & { cell: (one: DurationStatistic) => Cell })[] {
  const right = (head: string, cell: (one: DurationStatistic) => Cell) => ({ head, align: 'right' as const, cell });
  const left = (head: string, cell: (one: DurationStatistic) => Cell) => ({ head, align: 'left' as const, cell });
  return [
    left(kind, (one) => ({ text: nameOf(one, kind, paint) })),
    right('count', ({ count: calls }) => ({ text: String(calls) })),
    right('failed', ({ errors }) => ({ text: errors === 0 ? '' : String(errors), paint: paint.red })),
    ...(kind === 'Functions' ? [right('self', ({ selfText = '' }) => ({ text: selfText }))] : []),
    right('total', ({ totalText }) => ({ text: totalText })),
    right('p50', ({ p50Text }) => ({ text: p50Text })),
    right('max', ({ maxText }) => ({ text: maxText })),
    ...(paint.width >= WIDE[kind]
      ? [left('trace of the longest', ({ maxTraceId }) => ({ text: maxTraceId, paint: paint.dim }))]
      : []),
  ];
}

function table(kind: Kind, all: DurationStatistic[], top: number, paint: Paint): string[] {
  if (all.length === 0) return [];
  const columns = columnsOf(kind, paint);
  const rows = all.slice(0, top).map((one) => columns.map(({ cell }) => cell(one)));
  const { width, style, bold } = paint;
  const more = all.length - rows.length;
  return [
    ...tableLines(columns, rows, { width, ellipsis: style.ellipsis, head: bold }),
    ...(kind === 'Functions' ? [paint.dim(SELF_NOTE)] : []),
    ...(more > 0 ? [paint.dim(`${more} more: --top ${all.length} shows all`)] : []),
    '',
  ];
}

/** Three tables: tasks, steps and functions of controllers. The tables are as wide as the terminal at most. */
export function slowestText({ tasks, steps, functions }: Slowest, paint: Paint, { top }: { top: number }): string {
  return [
    ...table('Tasks', tasks, top, paint),
    ...table('Steps', steps, top, paint),
    ...table('Functions', functions, top, paint),
  ]
    .join('\n')
    .trimEnd();
}
