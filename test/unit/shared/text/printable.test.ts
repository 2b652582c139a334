import { expect, test } from '@jest/globals';
import { printableUpTo } from '../../../../shared/text/printable.ts';

test('a text that fits stays', () => {
  expect(printableUpTo('abc', 3)).toBe('abc');
});

test('a longer one is cut to the length, and never within a character', () => {
  expect(printableUpTo('abcd', 3)).toBe('ab…');
  expect(printableUpTo('a\u{1f600}bc', 3)).toBe('a…');
});

test('one whose beginning is invisible says that there is more', () => {
  expect(printableUpTo('\u200b'.repeat(1000), 10)).toBe('…');
});
