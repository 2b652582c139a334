import { formatDuration } from '../../local/viewer/duration.ts';
import { functionSummaries } from '../../local/viewer/functions.ts';
import type { WaterfallRow } from '../../local/viewer/row.ts';
import type { Waterfall } from '../../local/viewer/waterfall.ts';
import { drawBar } from './bar.ts';
import { displayWidth, fit, printable } from './display-width.ts';
import { longestTexts } from './longest.ts';
import { isFolded, treeLines, type TreeLine } from './rows.ts';
import { colourOf, type Style } from './style.ts';

export interface WaterfallOptions {
  /** Columns of the terminal; less than 40 counts as 40. */
  width: number;
  /** Colours and characters. Every result has its mark without colours, too. */
  style: Style;
  /** Draw the controllers' spans; otherwise one line counts them. */
  controllerSpans?: boolean;
  /** Draw the steps of each task, also of more than ten. */
  full?: boolean;
}

const MIN_WIDTH = 40;
const MAX_WIDTH = 160;
const MIN_BAR = 12;
const MAX_CONTROLLER_ERRORS = 10;
const FOLDED = '  more than ten tasks: --full draws their steps';
const UNFINISHED = "not finished: the run's own span has not arrived";

interface Layout {
  /** What the axis spans, in milliseconds. */
  totalMs: number;
  width: number;
  name: number;
  duration: number;
  bar: number;
}

function indent(lastAt: boolean[], style: Style): string {
  const own = lastAt.at(-1);
  const above = lastAt.slice(0, -1).map((last) => (last ? ' '.repeat(style.pipe.length) : style.pipe));
  return above.join('') + (own === undefined ? '' : own ? style.last : style.branch);
}

function rowName({ name, category }: WaterfallRow, style: Style): string {
  return category === 'placeholder' ? `running${style.ellipsis}` : printable(name) || '(no name)';
}

function lineName(line: TreeLine, style: Style): string {
  return (
    indent(line.lastAt, style) + (line.row ? rowName(line.row, style) : `${style.ellipsis} ${line.omitted} more spans`)
  );
}

const most = (lines: TreeLine[], measure: (line: TreeLine) => number): number =>
  lines.reduce((max, line) => Math.max(max, measure(line)), 0);

function layoutOf(lines: TreeLine[], width: number, style: Style): Layout {
  const name = Math.max(
    10,
    most(lines, (line) => displayWidth(lineName(line, style))),
  );
  const duration = Math.max(
    6,
    most(lines, (line) => (line.row ? durationOf(line.row).length : 0)),
  );
  const room = width - duration - 6;
  const bounded = Math.min(name, Math.floor(room * (width < 60 ? 0.62 : 0.48)), room - MIN_BAR);
  return { totalMs: totalMs(lines), width, name: bounded, duration, bar: width - bounded - duration - 6 };
}

/** Lines are cut at the terminal's width and have no trailing spaces. */
const trimEnd = (text: string): string => text.replace(/ +$/, '');

function drawLine(line: TreeLine, note: string, layout: Layout, style: Style): string[] {
  const { row } = line;
  const name = fit(lineName(line, style), layout.name, style.ellipsis);
  if (!row) return [trimEnd(`  ${style.paint('dim', name)}`)];
  const colour = colourOf(row.result);
  const quiet = row.category === 'wait' || row.result === 'skip';
  const { totalMs: endMs, bar: width } = layout;
  const bar = drawBar(row, { totalMs: endMs, width, note, ...line.folded }, style);
  const loud = colour !== undefined && row.result !== 'success' && !quiet;
  const mark = style.paint(colour, style.marks[row.result]);
  const text = [
    `${mark} ${style.paint(quiet ? 'dim' : loud ? colour : row.category === 'run' ? 'bold' : undefined, name)}`,
    style.paint(quiet ? 'dim' : undefined, durationOf(row).padStart(layout.duration)),
    bar.text,
  ].join('  ');
  if (bar.noteDrawn) return [trimEnd(text)];
  const left = ' '.repeat(Math.min(2 + displayWidth(indent(line.lastAt, style)) + 2, 12));
  return [trimEnd(text), left + style.paint(colour, trimEnd(fit(note, layout.width - left.length, style.ellipsis)))];
}

const durationOf = (row: WaterfallRow): string => (row.result === 'skip' ? 'skipped' : row.durationText);

/** The length of the axis in milliseconds: the end of the last drawn row. */
function totalMs(lines: TreeLine[]): number {
  return most(lines, ({ row }) => (row ? row.offsetMs + row.durationMs : 0));
}

function axis({ totalMs: endMs, bar }: Layout, style: Style): string {
  const end = formatDuration(endMs);
  const line = bar - end.length - '0  '.length;
  return line > 0 ? `0 ${style.line.repeat(line)} ${end}` : fit(end, bar, style.ellipsis);
}

function header(waterfall: Waterfall, layout: Layout, style: Style): string[] {
  const { runName, namespace, title, result } = waterfall;
  const name = printable(runName === undefined ? title : namespace === undefined ? runName : `${namespace}/${runName}`);
  const state = result === 'none' ? 'no result' : result;
  const facts = `${style.dot}${waterfall.durationText}`;
  const room = Math.max(8, layout.width - displayWidth(`${state}${facts}${style.dot}`));
  const shown = displayWidth(name) > room ? fit(name, room, style.ellipsis) : name;
  return [
    `${style.paint('bold', shown)}${style.dot}${style.paint(colourOf(result) ?? 'cyan', state)}${facts}`,
    style.paint('dim', fit(`trace ${waterfall.traceId}`, Math.min(layout.width, 38), style.ellipsis)),
    ...(waterfall.finished ? [] : [style.paint('dim', trimEnd(fit(UNFINISHED, layout.width, style.ellipsis)))]),
    ' '.repeat(layout.name + layout.duration + 6) + style.paint('dim', axis(layout, style)),
  ];
}

/** Equal failures of one function, in one line with their number. */
function countedProblems(waterfall: Waterfall): [text: string, times: number][] {
  const times = new Map<string, number>();
  for (const row of waterfall.rows.filter(({ category, isOrigin }) => category === 'controller' && isOrigin)) {
    const text = `${printable(row.name)}: ${printable(row.problem ?? '')}`;
    times.set(text, (times.get(text) ?? 0) + 1);
  }
  return [...times];
}

const MAX_FUNCTIONS = 3;

/** The first that has room for itself; else the last, cut. */
function widest(texts: string[], width: number, style: Style): string {
  const fitting = texts.find((text) => displayWidth(text) <= width);
  return trimEnd(fitting ?? fit(texts.at(-1) ?? '', width, style.ellipsis));
}

/** The functions and API requests of the controllers that took longest by themselves. Both controllers have functions of the same name. */
function slowestFunctions({ rows }: Waterfall, layout: Layout, style: Style): string[] {
  const slowest = functionSummaries(rows)
    .filter(({ selfMs }) => selfMs > 0)
    .slice(0, MAX_FUNCTIONS)
    .map((one) => ({ ...one, shown: printable(`${one.service.replace(/-reconciler$/, '')} ${one.name}`) }));
  const width = Math.max(0, ...slowest.map(({ shown }) => displayWidth(shown)));
  return slowest.map(({ shown, selfText, count, maxSelfText }) => {
    const sum = `    ${fit(shown, width, '')}  ${selfText} in ${counted(count, 'call')}`;
    return widest([`${sum}, longest ${maxSelfText}`, sum], layout.width, style);
  });
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** How much the controllers did for the run. Their reconciles may be at the same time: together they may take longer than the run. */
function controllerSums({ controller }: Waterfall, layout: Layout, style: Style): string[] {
  const { count, errors, reconciles, totalMs: spentMs, omitted } = controller;
  const sum = `  controllers: ${counted(reconciles, 'reconcile')}, ${formatDuration(spentMs)} together`;
  const withErrors = errors > 0 ? `, ${counted(errors, 'span')} with an error` : '';
  const left = `    without ${counted(omitted, 'span')} beyond the limits of a reconcile and of a run`;
  return [
    widest([`${sum}, ${counted(count, 'span')}${withErrors}`, `${sum}${withErrors}`, sum], layout.width, style),
    ...(omitted > 0 ? [widest([left, `    without ${counted(omitted, 'span')}`], layout.width, style)] : []),
  ];
}

function controllerLines(waterfall: Waterfall, layout: Layout, style: Style): string[] {
  if (waterfall.controller.count === 0) return [];
  const problems = countedProblems(waterfall);
  const shown = problems.slice(0, MAX_CONTROLLER_ERRORS).map(([problem, times]) => {
    const text = `${style.marks.error} ${times > 1 ? `${times} times ` : ''}${problem}`;
    return `    ${style.paint('red', trimEnd(fit(text, layout.width - 4, style.ellipsis)))}`;
  });
  const more = problems.length - shown.length;
  const sums = [...controllerSums(waterfall, layout, style), ...slowestFunctions(waterfall, layout, style)];
  return [
    ...sums.map((text) => style.paint('dim', text)),
    ...shown,
    ...(more > 0 ? [`    ${style.ellipsis} ${more} more`] : []),
  ];
}

function foldedLines({ rows }: Waterfall, { width }: Layout, style: Style): string[] {
  const longest = longestTexts(rows, width - 2, style.arrow);
  return [
    style.paint('dim', trimEnd(fit(FOLDED, width, style.ellipsis))),
    ...longest.map((text) => trimEnd(fit(`  ${text}`, width, style.ellipsis))),
  ];
}

/**
 * Draws a run as a waterfall for a terminal: a header, one line for each span with its name, duration and bar in time.
 * No line is wider than `options.width`; the text ends with a newline.
 */
export function renderWaterfall(waterfall: Waterfall, options: WaterfallOptions): string {
  if (waterfall.rows.length === 0) return 'The trace has no spans.\n';
  const { style, controllerSpans = false, full = false } = options;
  const lines = treeLines(waterfall, { controllerSpans, full });
  const width = Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, Math.floor(options.width)));
  const layout = layoutOf(lines, width, style);
  const noteOf = ({ row }: TreeLine): string =>
    [row?.apart && `(${row.apart})`, row?.isOrigin && printable(row.problem ?? '')].filter(Boolean).join(' ');
  return [
    ...header(waterfall, layout, style),
    ...lines.flatMap((line) => drawLine(line, noteOf(line), layout, style)),
    ...(controllerSpans ? [] : controllerLines(waterfall, layout, style)),
    ...(!full && isFolded(waterfall) ? foldedLines(waterfall, layout, style) : []),
    '',
  ].join('\n');
}
