import { expect, test } from '@jest/globals';

import { verdict } from '../../../../cli/commands/doctor.ts';
import type { Finding } from '../../../../cli/doctor/finding.ts';

test.each<[Finding['state'][], string]>([
  [['ok', 'ok'], 'Nothing is wrong.'],
  [['ok', 'warning', 'unknown', 'warning'], 'No check failed; 2 warnings, 1 could not be checked.'],
  [['ok', 'warning'], 'No check failed; 1 warning.'],
  [['unknown', 'ok'], 'No check failed; 1 could not be checked.'],
  [['failed', 'ok', 'failed'], '2 of 3 checks failed.'],
  [['failed', 'warning', 'unknown'], '1 of 3 checks failed; 1 warning, 1 could not be checked.'],
])('the verdict over %j is %p', (states, text) => {
  expect(verdict(states.map((state) => ({ state })))).toBe(text);
});
