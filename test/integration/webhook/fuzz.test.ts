import { expect, test } from '@jest/globals';

import { fuzzWebhook } from './fuzz/fuzz.ts';

/** Always the same reviews; `npm run fuzz:webhook` sends 100 000 others. */
const SEED = 7_000;
const COUNT = 3_000;
const MB = 1 << 20;

test('whatever is sent: it answers, allows what is a review, patches only what it may, and keeps no memory', async () => {
  const { findings, sent, memory } = await fuzzWebhook({ seed: SEED, count: COUNT });
  expect(findings).toEqual([]);
  expect(Object.values(sent).reduce((sum, times) => sum + times, 0)).toBe(COUNT);
  // A few megabytes are compiled code and buffers that are not freed yet; a leak of each review would be more.
  expect(Math.min(...memory.slice(-3)) - Math.min(...memory.slice(1, 4))).toBeLessThan(16 * MB);
}, 240_000);
