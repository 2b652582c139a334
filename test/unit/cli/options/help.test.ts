import { expect, test } from '@jest/globals';

import { helpText, helpWidth, overviewText } from '../../../../cli/options/help.ts';
import type { CommandSpec } from '../../../../cli/options/options.ts';

const spec: CommandSpec = {
  name: 'run',
  summary: 'Runs a file.\nThe exit code is 1 if it failed.',
  positionals: '[FILE…]',
  options: {
    file: {
      type: 'string',
      short: 'f',
      value: 'FILE',
      help: 'What to run: a file, a directory,\na pattern or a list with commas; may be repeated.',
    },
    'a-very-long-name-of-an-option': { type: 'string', value: 'SOMETHING', help: 'Long.' },
  },
  examples: ['tektrace run -f a.yaml'],
};

test('options have their texts beside them, as wide as the terminal', () => {
  expect(helpText(spec, 80)).toBe(
    `Runs a file. The exit code is 1 if it failed.

Usage: tektrace run [options] [FILE…]

Options:
  -f, --file FILE                    What to run: a file, a directory, a pattern
                                     or a list with commas; may be repeated.
      --a-very-long-name-of-an-option SOMETHING
                                     Long.
  -h, --help                         Show this help.

Examples:
  tektrace run -f a.yaml
`,
  );
});

test('in a narrow terminal the texts are below their options', () => {
  const text = helpText(spec, 50);
  expect(text).toContain('  -f, --file FILE\n        What to run: a file, a directory, a\n');
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(50);
});

test.each([
  [undefined, 100],
  [NaN, 100],
  [60, 60],
  [20, 40],
  [400, 120],
])('a terminal of %s columns gives a help of %i', (columns, width) => {
  expect(helpWidth(columns)).toBe(width);
});

test('the overview has the first sentence of each command', () => {
  expect(overviewText([spec, { name: 'webhook', summary: 'Serves.' }], 80)).toContain(
    'Commands:\n  run      Runs a file.\n  webhook  Serves.\n',
  );
});
