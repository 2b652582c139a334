import { renderWaterfall } from '../waterfall/render.ts';
import { printable } from '../waterfall/display-width.ts';
import { createRegion } from '../live/region.ts';
import type { Region } from '../live/region.ts';
import { createStyle } from '../waterfall/style.ts';
import type { Style } from '../waterfall/style.ts';
import { drained } from '../process/standard-streams.ts';
import { createLogText } from '../../shared/text/log-text.ts';
import type { LogText } from '../../shared/text/log-text.ts';
import { summaryLines } from './summary-text.ts';
import type { RunSummary } from '../../local/viewer/summary/types.ts';
import type { Waterfall } from '../../local/viewer/waterfall.ts';

/** The output of a command for a person, and what it can show. */
export interface Terminal {
  /** Writes a line, or several. No two empty lines follow each other. */
  print(text: string): void;
  /**
   * Prints a line of a step's log after the names of task and step, without control sequences. Resolves when the reader has room for more;
   * undefined if it has room now.
   */
  logLine(task: string, step: string, text: string): Promise<void> | undefined;
  /** To be called at the end of a step's log: prints lines that were held back. */
  logEnd(task: string, step: string): void;
  /** Prints lines of a log again, below the failure that they explain. */
  quote(lines: string[]): void;
  /** Draws a run. Above ten tasks their steps are left out, unless `full`. */
  waterfall(run: Waterfall, options?: { full: boolean }): void;
  /** Prints the summary of a run without its failures. */
  summary(summary: RunSummary): void;
  /** Present where lines can be drawn again: a terminal that moves its cursor. */
  readonly live?: LiveTerminal;
  /** Runs `write`, which may write whole lines to the same terminal by another stream. */
  aside(write: () => void): void;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  readonly style: Style;
  /** Columns of a line. */
  readonly width: number;
}

export interface LiveTerminal {
  region: Region;
  size(): { columns: number; rows: number };
  /** Calls `listener` when the window changes, until the returned function is called. */
  onResize(listener: () => void): () => void;
}

const DEFAULT_WIDTH = 100;
/** Of a terminal that does not say it. */
const DEFAULT_SIZE = { columns: 80, rows: 24 };
/** An empty line at the beginning or end of a text, which may be painted. */
/* eslint-disable no-control-regex -- colours are escape sequences */
const EMPTY_FIRST = /^((?:\x1b\[\d+m)*)\n/;
const EMPTY_LAST = /(?:^|\n)(?:\x1b\[\d+m)*$/;
/* eslint-enable no-control-regex */
const TASK_COLOURS = [36, 35, 33, 34, 32];

/** Colours, unless NO_COLOR is set or the stream is not a terminal (FORCE_COLOR turns them on). */
export function createTerminal(
  stream: NodeJS.WriteStream,
  env: Record<string, string | undefined> = process.env,
): Terminal {
  const color =
    (env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : undefined) ??
    (stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb');
  const unicode = /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || 'C.UTF-8');
  const paint = (code: number) => (text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const style = createStyle({ color, unicode });
  const bar = paint(2)(style.bar);
  const width = (): number => stream.columns || Number(env.COLUMNS) || DEFAULT_WIDTH;
  const size = (): { columns: number; rows: number } => ({
    columns: stream.columns || DEFAULT_SIZE.columns,
    rows: stream.rows || DEFAULT_SIZE.rows,
  });
  const region = createRegion(stream, () => size().columns);
  const live: LiveTerminal = {
    ...{ region, size },
    onResize(listener) {
      stream.on('resize', listener);
      return () => void stream.removeListener('resize', listener);
    },
  };
  const tasks: string[] = [];
  const logs = new Map<string, LogText>();
  let draining: Promise<void> | undefined;
  let isAfterEmpty = false;
  function print(text: string): void {
    const shown = isAfterEmpty ? text.replace(EMPTY_FIRST, '$1') : text;
    if (isAfterEmpty && shown === '') return;
    isAfterEmpty = EMPTY_LAST.test(shown);
    region.above(() => stream.write(`${shown}\n`));
  }

  function prefix(task: string, step: string): string {
    if (!tasks.includes(task)) tasks.push(task);
    const colour = TASK_COLOURS[tasks.indexOf(task) % TASK_COLOURS.length] ?? 36;
    return `  ${paint(colour)(printable(`${task} ${step}`))} ${bar} `;
  }
  /** One write per line, so that no other output gets into the line. */
  function printLines(task: string, step: string, lines: string[]): void {
    if (lines.length > 0) print(lines.map((line) => prefix(task, step) + line).join('\n'));
  }
  return {
    print,
    ...(stream.isTTY && env.TERM && env.TERM !== 'dumb' && { live }),
    aside: (write) => region.above(write),
    logLine(task, step, text) {
      const key = `${task}/${step}`;
      const log = logs.get(key) ?? createLogText(color);
      logs.set(key, log);
      printLines(task, step, log.line(text));
      draining ??= drained(stream)?.finally(() => (draining = undefined));
      return draining;
    },
    logEnd(task, step) {
      printLines(task, step, logs.get(`${task}/${step}`)?.end() ?? []);
      logs.delete(`${task}/${step}`);
    },
    quote(lines) {
      const log = createLogText(color);
      const shown = [...lines.flatMap((line) => log.line(line)), ...log.end()];
      if (shown.length > 0) print(shown.map((line) => `    ${bar} ${line}`).join('\n'));
    },
    waterfall: (run, { full } = { full: false }) => print(renderWaterfall(run, { width: width(), style, full })),
    summary: (summary) => print(summaryLines(summary, { width: width(), style, dim: paint(2) }).join('\n')),
    bold: paint(1),
    dim: paint(2),
    red: paint(31),
    green: paint(32),
    style,
    get width() {
      return width();
    },
  };
}
