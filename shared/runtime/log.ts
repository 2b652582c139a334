import { isFault, messageOf, stackOf } from './error-text.ts';
import { redacted } from './redact.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The message is constant, values are in fields, so that lines can be searched by their message. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** A logger that adds `fields` to every line. */
  child(fields: Record<string, unknown>): Logger;
}

export interface LoggerOptions {
  /** A function is asked for each line. */
  level?: LogLevel | (() => LogLevel);
  /** `json`: one object per line, for a cluster; `text`: for a person at a terminal. */
  format?: 'json' | 'text';
  /** Fields that JSON lines have besides, read for each line: the active span. */
  correlation?: () => Record<string, string>;
  write?: (line: string) => void;
  now?: () => Date;
}

const severity: Record<LogLevel, number> = { debug: 10, info: 20, warn: 30, error: 40 };

/** Longest text in a field: names, messages and bodies come from others, and may have megabytes. */
const MAX_CHARS = 16 * 1024;

const shortened = (text: string): string =>
  text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}… (${text.length} characters)`;

function plain(value: unknown): unknown {
  if (value instanceof Error) return shortened(messageOf(value));
  return typeof value === 'string' ? shortened(value) : value;
}

/** Control characters but tab and line feed, and those that change the direction of text: in a terminal they hide or rewrite what is shown. */
const CONTROLS = /[^\P{Cc}\t\n]|\p{Bidi_Control}/gu;

/** Escaped as in JSON. */
const visible = (text: string): string =>
  text.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A line that was made by the content of another can't begin like one of the log. */
const indented = (text: string): string => text.replaceAll('\n', '\n  ');

function textLine(time: string, level: LogLevel, message: string, fields: Record<string, unknown>): string {
  const tail = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? indented(value) : JSON.stringify(value)}`)
    .join(' ');
  return `${time.slice(11, 23)} ${level.padEnd(5)} ${message}${tail ? `  ${tail}` : ''}\n`;
}

/** The stacks of the errors among the fields. */
function stacksOf(errors: Error[]): string | undefined {
  return errors.length > 0 ? errors.map((error) => shortened(stackOf(error))).join('\n') : undefined;
}

/**
 * Writes to standard error, secrets left out; standard output is for results. Errors are written as their message with that of their causes. A JSON line has their
 * stacks, too. A text line has them below it, if the error is a fault of this program, or with the level `debug`.
 */
export function createLogger(options: LoggerOptions = {}, fields: Record<string, unknown> = {}): Logger {
  const {
    level = 'info',
    format = 'json',
    correlation = () => ({}),
    write = (line: string) => process.stderr.write(line),
    now = () => new Date(),
  } = options;
  const log = (at: LogLevel, message: string, more: Record<string, unknown> = {}): void => {
    const lowest = typeof level === 'function' ? level() : level;
    if (severity[at] < severity[lowest]) return;
    const given = { ...fields, ...more };
    const all = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, plain(value)]));
    const errors = Object.values(given).filter((value) => value instanceof Error);
    const stack = stacksOf(format === 'json' || lowest === 'debug' ? errors : errors.filter(isFault));
    const time = now().toISOString();
    const line =
      format === 'json'
        ? `${JSON.stringify({ time, level: at, message, ...correlation(), ...all, ...(stack !== undefined && { stack }) })}\n`
        : textLine(time, at, message, all) + (stack === undefined ? '' : `${stack.replace(/^/gm, '  ')}\n`);
    write(redacted(visible(line)));
  };
  return {
    debug: (message, more) => log('debug', message, more),
    info: (message, more) => log('info', message, more),
    warn: (message, more) => log('warn', message, more),
    error: (message, more) => log('error', message, more),
    child: (more) => createLogger(options, { ...fields, ...more }),
  };
}

/** A logger without output, for tests and for parts whose caller reports errors. */
export const silentLogger: Logger = createLogger({ write: () => undefined });
