import { expect, test } from '@jest/globals';
import { displayWidth, fit, printable } from '../../../../cli/waterfall/display-width.ts';

test.each([
  ['abc', 3],
  ['日本', 4],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['🚀', 2],
  ['\u200b', 0],
  ['한글', 4],
])('%p takes %d columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});

test('text is filled up or cut to the column, never through a character', () => {
  expect(fit('ab', 4, '…')).toBe('ab  ');
  expect(fit('abcdef', 4, '…')).toBe('abc…');
  expect(fit('日本語', 4, '…')).toBe('日… ');
});

test('escape sequences go whole, other control characters and what is not seen become a space', () => {
  expect(printable('a\u001b[31m\r\nb\u009bJc\u202e')).toBe('a bc');
  expect(printable('\u001b]0;title\u0007name')).toBe('name');
  expect(printable('pay\u200bpal\u2066\u00ad')).toBe('pay pal');
});
