import { withoutSequences } from './escape-sequences.ts';

/** Control characters, and invisible characters that change how a line is read: directions, joiners, fillers, separators. */
const UNSEEN = /(?:[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]|\u034f|\u17b4|\u17b5)+/gu;

/**
 * A name or message that is safe for a terminal and a page, in one line: without escape sequences, and without characters that move the cursor, reorder
 * the line or make two names look the same.
 */
export function printable(text: string): string {
  return withoutSequences(text).replace(UNSEEN, ' ').trim();
}

/** The same, cut with `…` where it has more than `max` characters. Whatever the text's length, it takes no longer than for a few times `max`. */
export function printableUpTo(text: string, max: number): string {
  const isLong = text.length > 4 * max;
  const all = printable(isLong ? text.slice(0, 4 * max) : text);
  if (all.length <= max && !isLong) return all;
  return `${all.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
