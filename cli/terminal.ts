import { renderWaterfall } from './waterfall/render.ts';
import { printable } from './waterfall/display-width.ts';
import type { TracesData } from '../shared/otlp/types.ts';

/** Where a command writes for a person, and what that place can show. */
export interface Terminal {
  print(text: string): void;
  /** A step's log line; what comes from a step is stripped of terminal control. */
  logLine(task: string, step: string, text: string): void;
  waterfall(trace: TracesData): void;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
}

const DEFAULT_WIDTH = 100;
const TASK_COLOURS = [36, 35, 33, 34, 32];

/** Colours unless NO_COLOR is set or the stream is no terminal (FORCE_COLOR asks for them all the same). */
export function createTerminal(
  stream: NodeJS.WriteStream,
  env: Record<string, string | undefined> = process.env,
): Terminal {
  const color =
    (env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : undefined) ??
    (stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb');
  const unicode = /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || 'C.UTF-8');
  const paint = (code: number) => (text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
  const tasks: string[] = [];
  const print = (text: string): void => void stream.write(`${text}\n`);
  return {
    print,
    logLine: (task, step, text) => {
      if (!tasks.includes(task)) tasks.push(task);
      const colour = TASK_COLOURS[tasks.indexOf(task) % TASK_COLOURS.length] ?? 36;
      print(`  ${paint(colour)(printable(`${task} ${step}`))} ${paint(2)(unicode ? '│' : '|')} ${printable(text)}`);
    },
    waterfall: (trace) =>
      print(renderWaterfall(trace, { width: stream.columns || Number(env.COLUMNS) || DEFAULT_WIDTH, color, unicode })),
    bold: paint(1),
    dim: paint(2),
    red: paint(31),
    green: paint(32),
  };
}
