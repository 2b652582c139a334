import { expect, test } from '@jest/globals';

import { LastLines } from '../../../../cli/follow/last-lines.ts';

test('the last ten lines of each step of each Pod are kept, and a long one is shortened', () => {
  const lines = new LastLines();
  const add = (pod: string, step: string, text: string): void => lines.add({ pod, task: 'unit', step, text });
  for (let number = 1; number <= 12; number += 1) add('unit-pod', 'jest', `line ${number}`);
  add('unit-pod-retry1', 'jest', 'x'.repeat(2001));
  expect(lines.of('unit-pod', 'jest')).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((number) => `line ${number}`));
  expect(lines.of('unit-pod-retry1', 'jest')).toEqual([`${'x'.repeat(2000)}…`]);
  expect(lines.of('unit-pod', 'lint')).toEqual([]);
});
