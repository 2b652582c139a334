import type { LoggerOptions } from '../shared/runtime/log.ts';
import { activeSpanFields } from '../shared/tracing/log-correlation.ts';
import { choice } from './options.ts';
import type { OptionHelp, OptionValues } from './options.ts';

export const logOptions: Record<string, OptionHelp> = {
  'log-level': { type: 'string', value: 'debug|info|warn|error', help: 'Default info.' },
  'log-format': { type: 'string', value: 'json|text', help: 'Default json.' },
};

export function logSettings(values: OptionValues): LoggerOptions {
  return {
    level: choice(values, 'log-level', ['debug', 'info', 'warn', 'error'] as const, 'info'),
    format: choice(values, 'log-format', ['json', 'text'] as const, 'json'),
    correlation: activeSpanFields,
  };
}

/** Whether errors are printed with their stack: with the variable TEKTRACE_DEBUG, or with `--log-level debug`. */
export function showsStacks(args: readonly string[] = process.argv, env: NodeJS.ProcessEnv = process.env): boolean {
  const level = args.findLastIndex((arg) => arg === '--log-level');
  return (
    Boolean(env.TEKTRACE_DEBUG) || args.includes('--log-level=debug') || (level >= 0 && args[level + 1] === 'debug')
  );
}
