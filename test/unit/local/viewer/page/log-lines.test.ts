import { expect, test } from '@jest/globals';
import { createLines, pieces } from '../../../../../local/viewer/page/panel/log-lines.js';

test('a log comes in pieces of any length', () => {
  const log = createLines();
  log.add('one\ntw');
  expect(log.lines).toEqual(['one']);
  log.add('o\n');
  expect(log.lines).toEqual(['one', 'two']);
});

test('of a log that is too long the oldest lines are dropped', () => {
  const log = createLines(10);
  expect(log.add('aaaa\nbbbb\ncccc\n')).toBe(1);
  expect(log.lines).toEqual(['bbbb', 'cccc']);
  expect(log.add('d'.repeat(50) + '\n')).toBe(2);
  expect(log.lines).toHaveLength(1);
});

test.each<[string, [string, string][]]>([
  ['plain', [['plain', '']]],
  [
    '\x1b[1;31mred\x1b[0m not',
    [
      ['red', 'log-bold log-fg-red'],
      [' not', ''],
    ],
  ],
  [
    '\x1b[92mgreen\x1b[39m\x1b[4mline\x1b[24m.',
    [
      ['green', 'log-fg-green'],
      ['line', 'log-underline'],
      ['.', ''],
    ],
  ],
  [
    '\x1b[38;5;196mred\x1b[48;2;0;0;250mon blue',
    [
      ['red', 'log-fg-red'],
      ['on blue', 'log-fg-red log-on-blue'],
    ],
  ],
  ['\x1b[38;5mx', [['x', 'log-fg-black']]],
  [
    '\x1b[mx\x1b[999my',
    [
      ['x', ''],
      ['y', ''],
    ],
  ],
])('colours of %j', (line, expected) => {
  expect(pieces(line).map(({ text, classes }) => [text, classes.join(' ')])).toEqual(expected);
});

test('what is copied has no colours', () => {
  const log = createLines();
  log.add('\x1b[31ma\x1b[0m b\n');
  expect(log.text()).toBe('a b');
});
