import { describe, expect, test } from '@jest/globals';

import { slowestText } from '../../../../cli/text/slowest-text.ts';
import { createStyle } from '../../../../cli/waterfall/style.ts';
import { slowest } from '../../../../local/viewer/slowest.ts';
import { buildWaterfall } from '../../../../local/viewer/waterfall.ts';
import { exampleTrace, TRACE_ID } from '../../local/viewer/example-trace.ts';

const found = slowest([buildWaterfall(TRACE_ID, exampleTrace)], 'self');
const linesAt = (width: number, unicode = true): string[] => {
  const style = createStyle({ color: false, unicode });
  return slowestText(found, { bold: String, dim: String, red: String, style, width }, { top: 3 }).split('\n');
};

describe('the slowest of many runs as text', () => {
  test('functions have their own time beside the total, and say what it is', () => {
    const lines = linesAt(80);
    expect(lines.filter((line) => /^(Tasks|Steps|Functions)/.test(line)).map((line) => line.split(/ +/))).toEqual([
      ['Tasks', 'count', 'failed', 'total', 'p50', 'max'],
      ['Steps', 'count', 'failed', 'total', 'p50', 'max'],
      ['Functions', 'count', 'failed', 'self', 'total', 'p50', 'max'],
    ]);
    expect(lines).toContain('self: without the functions and API requests below it');
  });

  test.each([60, 80, 120])('is not wider than %d columns', (width) => {
    for (const line of linesAt(width, false)) {
      expect(line.length).toBeLessThanOrEqual(width);
      // eslint-disable-next-line no-control-regex
      expect(line).toMatch(/^[\x00-\x7f]*$/);
    }
  });

  test('a wide terminal has the trace of the longest', () => {
    expect(linesAt(120)[1]).toMatch(new RegExp(`${TRACE_ID}$`));
    expect(linesAt(80)[1]).not.toContain(TRACE_ID);
    expect(linesAt(100).at(-2)).not.toContain(TRACE_ID);
  });
});
