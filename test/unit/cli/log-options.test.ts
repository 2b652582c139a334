import { expect, test } from '@jest/globals';

import { showsStacks } from '../../../cli/log-options.ts';

test.each([
  [['run', '--log-level', 'debug'], {}, true],
  [['run', '--log-level=debug'], {}, true],
  [['run'], { TEKTRACE_DEBUG: '1' }, true],
  [['run', '--log-level', 'info'], {}, false],
  [['run', '-f', 'debug'], {}, false],
])('%j with %j shows stacks: %s', (args, env, expected) => {
  expect(showsStacks(args, env)).toBe(expected);
});
