import { expect, test } from '@jest/globals';

import { readArguments } from '../../conformance/arguments.ts';

test.each([
  ['all cases', [], { what: 'cases', only: '' }],
  ['some cases', ['--only', 'tables'], { what: 'cases', only: 'tables' }],
  ['sequences from any seed', ['--fuzz', '20'], { what: 'sequences', sequences: 20, seed: 7 }],
  ['sequences from a seed', ['--fuzz', '20', '--seed', '0'], { what: 'sequences', sequences: 20, seed: 0 }],
  ['help', ['-h'], { what: 'help' }],
])('the command is asked for %s', (_what, args, asked) => {
  expect(readArguments(args, 7)).toEqual(asked);
});

test.each([
  [['--fuzz', '0'], '--fuzz 0: it must be a whole number, at least 1'],
  [['--fuzz', 'x'], '--fuzz x: it must be a whole number, at least 1'],
  [['--fuzz', '1', '--seed', '1.5'], '--seed 1.5: it must be a whole number'],
  [['--fuzz', '1', '--seed', ''], '--seed : it must be a whole number'],
  [['--seed', '1'], '--seed: only sequences have one'],
  [['--fuzz', '1', '--only', 'tables'], '--only: it chooses cases'],
  [['--nothing'], "Unknown option '--nothing'"],
  [['tables'], "Unexpected argument 'tables'"],
])('%j is refused', (args, problem) => {
  expect(() => readArguments(args, 7)).toThrow(problem);
});
