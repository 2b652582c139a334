import { createLogger } from '../../shared/runtime/log.ts';
import type { Logger, LoggerOptions, LogLevel } from '../../shared/runtime/log.ts';
import { levelBySignal } from '../../shared/runtime/log-level.ts';
import { activeSpanFields } from '../../shared/tracing/log-correlation.ts';
import { reportErrorsTo } from '../process/error-log.ts';
import { choice } from './options.ts';
import type { OptionHelp, OptionValues } from './options.ts';

export interface LogDefaults {
  level: LogLevel;
  format: 'json' | 'text';
}

/** Of a process in a cluster, whose log is collected. */
export const CLUSTER_LOG: LogDefaults = { level: 'info', format: 'json' };
/** Of a command at a terminal. */
export const TERMINAL_LOG: LogDefaults = { level: 'warn', format: 'text' };

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const FORMATS = ['json', 'text'] as const;

/** `--log-level` and `--log-format`, with the command's defaults in their help. */
export const logOptions = ({ level, format }: LogDefaults): Record<string, OptionHelp> => ({
  'log-level': { type: 'string', value: LEVELS.join('|'), help: `Default ${level}.` },
  'log-format': { type: 'string', value: FORMATS.join('|'), help: `Default ${format}.` },
});

/** The settings of a logger. Throws CommandError for another level or format. */
export function logSettings(values: OptionValues, { level, format }: LogDefaults): LoggerOptions & LogDefaults {
  return {
    level: choice(values, 'log-level', LEVELS, level),
    format: choice(values, 'log-format', FORMATS, format),
    correlation: activeSpanFields,
  };
}

/** The log of a process in a cluster: SIGUSR2 switches its level, and errors that end the process are lines of it. */
export function clusterLogger(values: OptionValues): Logger {
  const settings = logSettings(values, CLUSTER_LOG);
  const announce = (to: LogLevel): void =>
    createLogger({ ...settings, level: 'info' }).info('the log level changed', { to });
  const log = createLogger({ ...settings, level: levelBySignal(settings.level, announce) });
  reportErrorsTo(log);
  return log;
}

/** Whether errors are printed with their stack: with the variable TEKTRACE_DEBUG, or with `--log-level debug`. */
export function showsStacks(args: readonly string[] = process.argv, env: NodeJS.ProcessEnv = process.env): boolean {
  const level = args.findLastIndex((arg) => arg === '--log-level');
  return (
    Boolean(env.TEKTRACE_DEBUG) || args.includes('--log-level=debug') || (level >= 0 && args[level + 1] === 'debug')
  );
}
