import { expect, test } from '@jest/globals';

import { slowestCommand } from '../../../../cli/commands/slowest.ts';
import { recentSettings } from '../../../../cli/options/recent-options.ts';

const HOUR_MS = 3_600_000;

test.each([
  [{}, { sinceMs: 168 * HOUR_MS, limit: 100 }],
  [{ since: '90m' }, { sinceMs: 1.5 * HOUR_MS, limit: 100 }],
  [
    { since: '2d', limit: '5' },
    { sinceMs: 48 * HOUR_MS, limit: 5 },
  ],
])('%j reads the runs of %j', (values, settings) => {
  expect(recentSettings(values)).toEqual(settings);
});

test.each(['', '0s', '-1h', '7', '7w', 'd'])('--since %j is refused', (since) => {
  expect(() => recentSettings({ since })).toThrow('--since: ');
});

test('slowest says a wrong --since or --limit before it reads a file', async () => {
  await expect(slowestCommand(['--since', 'monday', 'missing.json'])).rejects.toThrow('--since: "monday"');
  await expect(slowestCommand(['--limit', '0', 'missing.json'])).rejects.toThrow('--limit: "0"');
});
