import { expect, test } from '@jest/globals';

import { TokenBucket } from '../../../../shared/runtime/token-bucket.ts';
import { fc } from '../../../support/property.ts';

test('lets through a burst, then one in its time', () => {
  let nowMs = 0;
  const bucket = new TokenBucket({ perSecond: 2, burst: 3, nowMs: () => nowMs });
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([true, true, true, false]);
  nowMs = 499;
  expect(bucket.tryTake()).toBe(false);
  nowMs = 500;
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false]);
});

test('those who wait are served in their order, and one who leaves makes room', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 1, nowMs: () => 0 });
  expect([bucket.reserve(), bucket.reserve(), bucket.reserve()]).toEqual([0, 100, 200]);
  bucket.giveBack();
  expect(bucket.reserve()).toBe(200);
});

test('no more than the burst and the rate allow in any stretch of time', () => {
  const steps = fc.array(fc.integer({ min: -50, max: 2000 }), { maxLength: 100 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (waits, perSecond, burst) => {
      let nowMs = 0;
      const bucket = new TokenBucket({ perSecond, burst, nowMs: () => nowMs });
      let taken = 0;
      let passedMs = 0;
      for (const waitMs of waits) {
        nowMs += waitMs;
        passedMs += Math.max(waitMs, 0);
        while (bucket.tryTake()) taken += 1;
        expect(taken).toBeLessThanOrEqual(burst + (passedMs * perSecond) / 1000 + 1e-6);
      }
    }),
  );
});

test('reserved times keep to the rate', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1 }), (waits) => {
      let nowMs = 0;
      const bucket = new TokenBucket({ perSecond: 10, burst: 2, nowMs: () => nowMs });
      const times = waits.map((waitMs) => (nowMs += waitMs) + bucket.reserve());
      for (const [index, time] of times.entries()) {
        const later = times[index + 2];
        if (later !== undefined) expect(later - time).toBeGreaterThanOrEqual(100 - 1e-6);
      }
      expect([...times].sort((a, b) => a - b)).toEqual(times);
    }),
  );
});
