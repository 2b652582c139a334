import { parseDurationMs } from '../../shared/tekton/duration.ts';
import { CommandError } from '../errors.ts';
import { count, text } from './options.ts';
import type { OptionHelp, OptionValues } from './options.ts';

const DAY_MS = 24 * 3_600_000;

const sinceOption: OptionHelp = { type: 'string', value: 'D', help: 'How far back: 90m, 24h, 7d (default 7d).' };

/** Options of commands that read the newest runs of a Jaeger or a trace store. */
export const recentOptions: Record<string, OptionHelp> = {
  since: sinceOption,
  limit: {
    type: 'string',
    value: 'N',
    help: 'At most so many runs, the newest (default 100): each is read whole.',
  },
};

/** How far back, in milliseconds, unless --since says it. */
export const RECENT_MS = 7 * DAY_MS;

/** A duration as Tekton writes it, or days (`7d`), in milliseconds. */
function durationOf(value: string): number {
  const [, days] = /^(\d{1,5})d$/.exec(value) ?? [];
  const ms = days === undefined ? parseDurationMs(value) : Number(days) * DAY_MS;
  if (ms === undefined || ms <= 0)
    throw new CommandError(`--since: ${JSON.stringify(value)} is not a time span (like 90m, 24h, 7d)`);
  return ms;
}

/** How far back, in milliseconds. Throws CommandError for another value. */
export function sinceSetting(values: OptionValues): number {
  const value = text(values, 'since');
  return value === undefined ? RECENT_MS : durationOf(value);
}

/** How far back, in milliseconds, and how many runs. Throws CommandError for another value. */
export function recentSettings(values: OptionValues): { sinceMs: number; limit: number } {
  return { sinceMs: sinceSetting(values), limit: count(values, 'limit', 100) };
}
