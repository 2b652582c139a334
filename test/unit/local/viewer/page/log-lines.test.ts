import { expect, test } from '@jest/globals';
import { createLines, pieces } from '../../../../../local/viewer/page/panel/log-lines.js';

test('a log comes in pieces of any length', () => {
  const log = createLines();
  log.add('one\ntw');
  expect(log.lines).toEqual(['one', 'tw']);
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

test('what follows a carriage return replaces its line', () => {
  const log = createLines();
  log.add('10 %');
  log.add('\r20 %');
  expect(log.lines).toEqual(['20 %']);
  log.add('\rdone\nnext? ');
  expect(log.lines).toEqual(['done', 'next? ']);
  log.add('\rnext? yes\n');
  expect(log.lines).toEqual(['done', 'next? yes']);
});

test('there are never more lines than a browser can draw', () => {
  const log = createLines(undefined, 3);
  expect(log.add('\n\n\n\n')).toBe(1);
  expect(log.lines).toHaveLength(3);
  expect(log.add('a')).toBe(0);
  expect(log.lines).toEqual(['', '', '', 'a']);
});

test('a log that is read again begins anew', () => {
  const log = createLines(10);
  log.add('12345678\nrest');
  log.clear();
  expect(log.add('87654321\n')).toBe(0);
  expect(log.lines).toEqual(['87654321']);
});

test('of a line that changes its colour with every character no more is drawn than a person reads', () => {
  const parts = pieces('\x1b[31mr\x1b[32mg'.repeat(100_000));
  expect(parts.length).toBeLessThan(1000);
  expect(parts.at(-1)?.text).toBe('g…');
  const long = pieces(`${'a'.repeat(3000)}\x1b[31m${'b'.repeat(3000)}\x1b[0mc`).map(({ text }) => text);
  expect(long).toEqual(['a'.repeat(3000), `${'b'.repeat(1000)}…`]);
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
  ['\x1b[38mx', [['x', '']]],
  ['\x1b[48:2::0:0:255mblue', [['blue', 'log-on-blue']]],
  ['\x1b[38:2:0:255:0mgreen', [['green', 'log-fg-green']]],
  ['\x1b[38:5:196;1mbold red', [['bold red', 'log-fg-red log-bold']]],
  [
    '\x1b[31;58;5;3;53mthe line in another colour\x1b[59;4:3mcurly\x1b[4:0mplain',
    [
      ['the line in another colour', 'log-fg-red'],
      ['curly', 'log-fg-red log-underline'],
      ['plain', 'log-fg-red'],
    ],
  ],
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

test('what is copied has no colours, and is whole', () => {
  const log = createLines();
  log.add(`\x1b[31ma\x1b[0m b\n${'x'.repeat(10_000)}\n`);
  expect(log.text()).toBe(`a b\n${'x'.repeat(10_000)}`);
});
