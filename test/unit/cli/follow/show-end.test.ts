import { expect, test } from '@jest/globals';

import { showEnd } from '../../../../cli/follow/show-end.ts';
import type { RunEnd } from '../../../../cli/follow/show-end.ts';
import { createTerminal } from '../../../../cli/text/terminal.ts';
import type { RunSummary, SummaryFailure } from '../../../../local/viewer/summary/types.ts';

const wait = {
  ...({
    rowId: 'a',
    step: 'readiness db',
    result: 'error',
    cause: 'Unhealthy: refused',
    logTail: [],
    isWait: true,
  } as const),
};
const summaryOf = (failures: SummaryFailure[]): RunSummary => ({
  ...{ result: 'timeout', finished: true, durationMs: 8000, durationText: '8.00 s', failures, tolerated: [] },
  ...{ waits: { totalMs: 0, text: 'nothing', kinds: [] }, skipped: [], results: [], toCome: [] },
});

function shown(failures: RunEnd['failures'], summary: RunSummary): string {
  const written: string[] = [];
  const stream = { isTTY: false, columns: 100, write: (text: string) => void written.push(text) };
  const end = { isGood: false, heading: 'TaskRunTimeout  default/x', failures, more: 0, hints: [] };
  showEnd(end, summary, createTerminal(stream as unknown as NodeJS.WriteStream, {}));
  return written.join('');
}

test('the end of a run that waited in vain says for what, once', () => {
  const text = 'query › readiness db: Unhealthy: refused';
  const summary = summaryOf([{ ...wait, text }]);
  expect(shown([{ text: '  query  timeout', lastLines: [] }], summary)).toContain(
    `  query  timeout\n  because  ${text}\n`,
  );
  expect(shown([{ text: `  ${text}`, lastLines: [] }], summary)).not.toContain('because');
});
