import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';

import { createFailingOpen } from '../../../../../local/apiserver/admission/failing-open.ts';
import { createLogger } from '../../../../../shared/runtime/log.ts';

const lines: Record<string, unknown>[] = [];
const log = createLogger({ write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });

beforeEach(() => {
  lines.length = 0;
  jest.useFakeTimers();
});
afterEach(() => void jest.useRealTimers());

test('the first failure of a webhook is logged at once, those soon after it in one line with their number', () => {
  const failingOpen = createFailingOpen(log);
  for (const at of ['a', 'b', 'c']) failingOpen('taskrun.tektrace.dev', new Error(`${at}: refused`));
  failingOpen('pod.tektrace.dev', new Error('refused'));
  expect(lines).toMatchObject([
    { level: 'warn', webhook: 'taskrun.tektrace.dev', error: 'a: refused' },
    { level: 'warn', webhook: 'pod.tektrace.dev', error: 'refused' },
  ]);
  jest.advanceTimersByTime(5000);
  expect(lines.slice(2)).toMatchObject([{ webhook: 'taskrun.tektrace.dev', times: 2, error: 'c: refused' }]);
});

test('a later failure is a first one again', () => {
  const failingOpen = createFailingOpen(log);
  failingOpen('pod.tektrace.dev', new Error('refused'));
  jest.advanceTimersByTime(5000);
  failingOpen('pod.tektrace.dev', new Error('timeout'));
  expect(lines.map(({ error }) => error)).toEqual(['refused', 'timeout']);
});
