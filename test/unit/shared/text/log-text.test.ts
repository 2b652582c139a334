/* eslint-disable no-control-regex -- control characters are what this is about */
import { describe, expect, test } from '@jest/globals';

import { createLogText } from '../../../../shared/text/log-text.ts';
import { fc } from '../../../support/property.ts';

function shown(colours: boolean, ...lines: string[]): string[] {
  const text = createLogText(colours);
  return [...lines.flatMap((line) => text.line(line)), ...text.end()];
}
const plain = (...lines: string[]): string[] => shown(false, ...lines);
const coloured = (...lines: string[]): string[] => shown(true, ...lines);

describe('text', () => {
  test.each(['  b:', '    - c', '\ttab', 'trailing   ', '', ' ', '│ ünï 漢字 שלום 👩‍👩‍👧', 'w'.repeat(100_000), '\ufffd'])(
    '%j stays as it was written',
    (line) => {
      expect([plain(line), coloured(line)]).toEqual([[line], [line]]);
    },
  );

  test.each([
    ['a carriage return before the line feed', 'text\r', 'text'],
    ['several of them', 'text\r\r', 'text'],
    ['a progress bar', '10%\r50%\r100%', '100%'],
    ['a progress bar that erases', '10%\r\x1b[K50%\r\x1b[K100%\r\x1b[K', '100%'],
    ['a spinner', 'wait |\b/\b-\bdone', 'wait done'],
    ['more backspaces than text', 'a\b\b\bb', 'b'],
    ['backspaces over what was written in pieces', 'ab\bc\b\bd', 'd'],
    ['a bell', 'ding\x07', 'ding'],
    ['marks that reverse what follows', 'access \u202etnemyolped\u202c', 'access tnemyolped'],
    ['isolates and embeddings', 'a\u2066b\u2067c\u2068d\u2069e\u202af\u202bg\u202dh', 'abcdefgh'],
    ['invisible marks of direction', 'a\u200eb\u200fc\u061cd\u206ae', 'abcde'],
    ['form feeds and null bytes', 'a\fb\x00c\x7f', 'abc'],
  ])('%s', (_what, line, expected) => {
    expect([plain(line), coloured(line)]).toEqual([[expected], [expected]]);
  });
});

describe('sequences that do more than colour are taken out whole', () => {
  test.each([
    ['cursor', 'a\x1b[2Ab\x1b[10;20Hc', 'abc'],
    ['clear', '\x1b[2J\x1b[3Ja', 'a'],
    ['modes', '\x1b[?25la\x1b[?1049h', 'a'],
    ['keyboard modes that end in m', '\x1b[>4;2ma\x1b[?4m', 'a'],
    ['asking for the cursor', 'a\x1b[6n', 'a'],
    ['title, ended by BEL', '\x1b]0;evil\x07a', 'a'],
    ['title, ended by ST', '\x1b]2;evil\x1b\\a', 'a'],
    ['link', '\x1b]8;;https://example.com\x1b\\text\x1b]8;;\x1b\\', 'text'],
    ['clipboard', '\x1b]52;c;ZXZpbA==\x07a', 'a'],
    ['image', '\x1bPq#0;2;0;0;0#0~~@@\x1b\\a', 'a'],
    ['APC, PM, SOS', '\x1b_G\x1b\\a\x1b^p\x1b\\b\x1bXs\x1b\\c', 'abc'],
    ['charset', '\x1b(0a\x1b(B\x1b)0', 'a'],
    ['reset, save and restore', '\x1bca\x1b7\x1b8', 'a'],
    ['8-bit controls', '\x9b2Ja\x9d0;evil\x9cb\x85\x90q\x9c', 'ab'],
    ['a string that another sequence breaks', '\x1b]0;evil\x1b[2Ja', 'a'],
    ['one within another', '\x1b\x1b[2J[2Ja', '[2Ja'],
  ])('%s', (_what, line, expected) => {
    expect([plain(line), coloured(line)]).toEqual([[expected], [expected]]);
  });

  test.each([
    ['a colour', ['\x1b[3', '1mred'], ['', 'red']],
    ['a colour after ESC', ['a\x1b', '[31mred'], ['a', 'red']],
    ['a title', ['a\x1b]0;ti', 'tle\x07b'], ['ab']],
    ['an image', ['\x1bPq', '#0~~', '~~\x1b\\b'], ['b']],
  ])('%s that goes over lines', (_what, lines, expected) => {
    expect(plain(...lines)).toEqual(expected);
  });

  test('a string that never ends loses no line', () => {
    expect(plain('a\x1b]0;b', 'c', 'd')).toEqual(['a0;b', 'c', 'd']);
    expect(plain('a\x1b]0;b', 'c', '\x1b[1mbold')).toEqual(['a0;b', 'c', 'bold']);
    const many = Array.from({ length: 5000 }, (_, index) => `line ${index} of the log`);
    expect(plain('\x1b]', ...many).slice(1)).toEqual(many);
  });

  test('text after a broken sequence is not eaten', () => {
    expect(plain('a\x1b', 'Hello', '[INFO] b')).toEqual(['a', 'Hello', '[INFO] b']);
    expect(plain('a\x1b[', 'hello')).toEqual(['a', 'hello']);
  });
});

describe('colours', () => {
  test('stay on a terminal, and nowhere else', () => {
    const line = '\x1b[31mred\x1b[0m plain \x1b[1;32mgreen\x1b[0m';
    expect([coloured(line), plain(line)]).toEqual([[line], ['red plain green']]);
  });

  test('that a line leaves open are closed at its end, and go on in the next', () => {
    expect(coloured('\x1b[31mred', 'still\x1b[m not', 'plain')).toEqual([
      '\x1b[31mred\x1b[0m',
      '\x1b[31mstill\x1b[0m not',
      'plain',
    ]);
  });

  test('of what was written over stay with what stands there', () => {
    expect(coloured('\x1b[32m50%\r100%')).toEqual(['\x1b[32m100%\x1b[0m']);
  });

  test('of what backspaces took away are gone with it', () => {
    expect(coloured(']\b\x9bmP')).toEqual(['P']);
    expect(coloured('\x1b[31mx\b\x1b[0mP')).toEqual(['P']);
  });

  test('from 8-bit controls are written as terminals of today take them', () => {
    expect(coloured('\x9b31mred\x9bm')).toEqual(['\x1b[31mred\x1b[0m']);
  });

  test('without an end do not add up', () => {
    const line = coloured(...Array<string>(1000).fill('\x1b[38;5;196mx'), 'y').at(-1) ?? '';
    expect(line.length).toBeLessThan(300);
  });
});

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\x1b',
        '[',
        ']',
        'P',
        'm',
        '\\',
        '\x07',
        '\x9b',
        '\x9c',
        '\x9d',
        '\x90',
        '\r',
        '\b',
        '0',
        ';',
        '?',
        '31m',
        '\u202e',
        '\u2067',
      ),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((pieces) => pieces.join('').replaceAll('\n', ''));

/** Each character that is neither text, nor a tab, nor part of a colour. */
const forbidden = (text: string): string[] =>
  text.replace(/\x1b\[[0-9;:]*m/g, '').match(/[\x00-\x08\x0a-\x1f\x7f-\x9f]|\p{Bidi_Control}/gu) ?? [];

describe('any input', () => {
  test('only text, tabs and colours reach the terminal, each line closed', () => {
    fc.assert(
      fc.property(fc.array(hostile), (lines) => {
        for (const line of coloured(...lines)) {
          expect(forbidden(line)).toEqual([]);
          expect(/\x1b\[(?!0m)[0-9;:]*m[^\x1b]*$/.test(line)).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('without colours only text and tabs are left, and a second pass changes nothing', () => {
    fc.assert(
      fc.property(fc.array(hostile), (lines) => {
        const once = plain(...lines);
        expect(once.join('')).not.toMatch(/[\x00-\x08\x0a-\x1f\x7f-\x9f]|\p{Bidi_Control}/u);
        expect(plain(...once)).toEqual(once);
        const painted = coloured(...lines);
        expect(painted.flatMap((line) => coloured(line))).toEqual(painted);
      }),
      { numRuns: 1000, examples: [[[']\b\x9bmP']]] },
    );
  });

  test.each(['\x1b]', '\x9d', '\x1b[', '\x1b[31', 'a\x1b[0m', 'ab\b\b', '\r', '\x1b'])(
    'a long line of %j is done in time that grows with its length',
    (piece) => {
      expect(plain(piece.repeat(300_000) + '\x07end').join('')).toMatch(/end$/);
    },
  );
});
