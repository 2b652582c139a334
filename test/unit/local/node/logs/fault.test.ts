import { expect, test } from '@jest/globals';

import { createFaultReporter } from '../../../../../local/node/logs/fault.ts';
import { createLogger } from '../../../../../shared/runtime/log.ts';

test('one warning for each kind of error, with the file and what to do, and again after a while', () => {
  const lines: string[] = [];
  let time = 0;
  const report = createFaultReporter(createLogger({ write: (line) => lines.push(line) }), () => new Date(time));
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const many = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
  report('/a', full);
  report('/b', full);
  report('/b', many);
  expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
    expect.objectContaining({
      level: 'warn',
      file: '/a',
      error: full.message,
      advice: expect.stringContaining('TMPDIR'),
    }),
    expect.objectContaining({ file: '/b', error: many.message, advice: expect.stringContaining('ulimit -n') }),
  ]);
  time = 11 * 60 * 1000;
  report('/c', full);
  expect(lines).toHaveLength(3);
});
