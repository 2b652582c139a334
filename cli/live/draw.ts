import { formatDuration } from '../../local/viewer/duration.ts';
import type { Style } from '../waterfall/style.ts';
import { displayWidth, fit, printable } from '../waterfall/display-width.ts';
import type { LiveItem, LiveStep, LiveTask } from './run-state.ts';

export interface LiveView {
  tasks: readonly LiveTask[];
  /** Tasks of the Pipeline that have not begun. */
  toCome: number;
  /** The last line of a step's log. */
  lastLine: (step: LiveStep) => string | undefined;
}

export interface DrawOptions {
  nowMs: number;
  /** Counts up with each drawing. */
  frame: number;
  /** Of the terminal. */
  columns: number;
  rows: number;
  style: Style;
}

/** Narrower rests show nothing that helps. */
const MIN_TAIL = 12;

/** Elapsed time with one digit, so that it does not flicker. */
function elapsed({ startMs, endMs }: LiveItem, nowMs: number): string {
  if (startMs === undefined) return '';
  const ms = Math.max(0, (endMs ?? nowMs) - startMs);
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : formatDuration(ms);
}

function line(item: LiveItem, indent: string, tail: string | undefined, options: DrawOptions): string {
  const { style, columns, nowMs, frame } = options;
  const { marks } = style;
  const colour = (
    { failed: 'red', stopped: 'yellow', done: 'green', skipped: 'dim', running: 'cyan', waiting: 'dim' } as const
  )[item.phase];
  const mark = {
    ...{ failed: marks.failure, stopped: marks.cancellation, skipped: marks.skip, waiting: ' ', done: style.done },
    running: style.spinner[frame % style.spinner.length] ?? '~',
  }[item.phase];
  // The last column stays free: some terminals begin a new line after it.
  const width = columns - 1;
  const facts = [item.phase === 'skipped' ? 'skipped' : elapsed(item, nowMs), item.note ?? ''].filter(Boolean);
  const rest = [printable(item.name), ...facts.map(printable)].join('  ');
  const left = fit(rest, Math.max(1, Math.min(displayWidth(rest), width - indent.length - 2)), style.ellipsis);
  const room = width - indent.length - 2 - displayWidth(left) - 3;
  const shown =
    tail !== undefined && tail !== '' && room >= MIN_TAIL
      ? fit(tail, Math.min(room, displayWidth(tail)), style.ellipsis)
      : '';
  const text = `${indent}${style.paint(colour, mark)} ${item.phase === 'failed' ? style.paint('red', left) : left}`;
  return shown === '' ? text : `${text} ${style.paint('dim', `${style.bar} ${shown}`)}`;
}

/** The lines of a task: its own, and those of its steps while it runs. */
function taskLines(task: LiveTask, view: LiveView, options: DrawOptions): string[] {
  const isOpen = task.phase === 'running' && task.steps.some(({ phase }) => phase !== 'waiting');
  const steps = isOpen ? task.steps.filter(({ phase }) => phase !== 'waiting') : [];
  return [
    line(task, '  ', undefined, options),
    ...steps.map((step) => line(step, '    ', step.phase === 'running' ? view.lastLine(step) : undefined, options)),
  ];
}

/** The counts that stand for lines there is no room for. */
function countLine(tasks: readonly LiveTask[], toCome: number, { style, columns }: DrawOptions): string[] {
  const count = (phase: string): number => tasks.filter((task) => task.phase === phase).length;
  const parts = [
    [count('done'), 'done'],
    [count('skipped'), 'skipped'],
    [count('running'), 'running'],
    [count('failed'), 'failed'],
    [count('stopped'), 'stopped'],
    [toCome, 'to come'],
  ].filter(([number]) => number !== 0);
  if (parts.length === 0) return [];
  const text = `  ${parts.map(([number, word]) => `${number} ${word}`).join(style.dot)}`;
  return [style.paint('dim', displayWidth(text) < columns ? text : fit(text, columns - 1, style.ellipsis))];
}

/**
 * The tree of a run that goes on, in lines that are narrower than the terminal, and fewer than its rows. If there is no room for all, tasks that
 * ended are counted first, then those that began last.
 */
export function drawLive(view: LiveView, options: DrawOptions): string[] {
  const room = Math.max(1, options.rows - 2);
  const all = view.tasks.map((task) => ({ task, lines: taskLines(task, view, options) }));
  const lengthOf = (shown: typeof all): number => shown.reduce((sum, { lines }) => sum + lines.length, 0);
  const whole = all.flatMap(({ lines }) => lines);
  const rest = countLine([], view.toCome, options);
  if (whole.length + rest.length <= room) return [...whole, ...rest];
  const shown = all.filter(
    ({ task }) => task.phase === 'failed' || task.phase === 'stopped' || task.phase === 'running',
  );
  while (shown.length > 0 && lengthOf(shown) + 1 > room) shown.pop();
  const left = view.tasks.filter((task) => !shown.some((one) => one.task === task));
  return [...shown.flatMap(({ lines }) => lines), ...countLine(left, view.toCome, options)];
}
