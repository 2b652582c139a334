import { expect, test } from '@jest/globals';

import { expand } from '../../../../../local/node/container/expand.ts';

test.each([
  ['$(A)', 'a'],
  ['x$(A)y$(B)', 'xay'],
  ['$$(A)', '$(A)'],
  ['$$$(A)', '$a'],
  ['$(NONE)', '$(NONE)'],
  ['$(A', '$(A'],
  ['$A $', '$A $'],
])('%s becomes %s', (text, expected) => {
  expect(expand(text, { A: 'a', B: '' })).toBe(expected);
});
