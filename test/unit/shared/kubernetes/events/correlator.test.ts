import { beforeEach, expect, test } from '@jest/globals';

import { EventCorrelator } from '../../../../../shared/kubernetes/events/correlator.ts';
import { buildEvent } from '../../../../../shared/kubernetes/events/event.ts';
import type { CoreEvent } from '../../../../../shared/kubernetes/events/event.ts';
import { fc } from '../../../../support/property.ts';

let nowMs: number;
let correlator: EventCorrelator;
beforeEach(() => {
  nowMs = Date.UTC(2026, 4, 1);
  correlator = new EventCorrelator(() => nowMs);
});

function event(reason: string, message: string, uid = 'u-1'): CoreEvent {
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'build', namespace: 'ci', uid } };
  return buildEvent({ object, type: 'Normal', reason, message, component: 'tests', time: new Date(nowMs) });
}
const said = (correlated: CoreEvent | undefined): string | undefined =>
  correlated && `${correlated.count} ${correlated.message}`;

test('from the tenth different message of one reason on, there is one combined Event', () => {
  const messages = Array.from({ length: 12 }, (_, number) => said(correlator.correlate(event('Failed', `m${number}`))));
  expect(messages.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, number) => `1 m${number}`));
  expect(messages.slice(9)).toEqual(
    [9, 10, 11].map((number, at) => `${at + 1} (combined from similar events): m${number}`),
  );
});

test('ten minutes later messages stand for themselves again', () => {
  for (let number = 0; number < 12; number++) correlator.correlate(event('Failed', `m${number}`));
  nowMs += 600_001;
  expect(said(correlator.correlate(event('Failed', 'new')))).toBe('1 new');
});

test('the combined Event is one object, whose first time stays', () => {
  for (let number = 0; number < 9; number++) correlator.correlate(event('Failed', `m${number}`));
  const first = correlator.correlate(event('Failed', 'm9'));
  nowMs += 1000;
  const second = correlator.correlate(event('Failed', 'm10'));
  expect(second?.metadata).toEqual(first?.metadata);
  expect(second?.firstTimestamp).toBe(first?.firstTimestamp);
  expect(second?.lastTimestamp).not.toBe(first?.lastTimestamp);
});

test('dropped Events are counted, and one more is sent every five minutes', () => {
  const times = Array.from({ length: 30 }, () => correlator.correlate(event('Failed', 'again')));
  expect(times.map((one) => one?.count).filter((count) => count !== undefined)).toHaveLength(25);
  nowMs += 300_000;
  expect(correlator.correlate(event('Failed', 'again'))?.count).toBe(31);
  expect(correlator.correlate(event('Failed', 'again'))).toBeUndefined();
});

test('for any input: the limit is kept, only new Events have new names, counts only grow', () => {
  const step = fc.record({
    reason: fc.constantFrom('A', 'B'),
    message: fc.integer({ min: 0, max: 15 }).map(String),
    uid: fc.constantFrom('u-1', 'u-2'),
    waitMs: fc.constantFrom(0, 1000, 60_000, 700_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const startMs = nowMs;
      correlator = new EventCorrelator(() => nowMs);
      const counts = new Map<string, number>();
      const sentAbout = new Map<string, number>();
      for (const { reason, message, uid, waitMs } of steps) {
        nowMs += waitMs;
        const correlated = correlator.correlate(event(reason, message, uid));
        if (!correlated) continue;
        const { name } = correlated.metadata;
        const before = counts.get(name) ?? 0;
        expect(correlated.count).toBeGreaterThan(before);
        counts.set(name, correlated.count);
        sentAbout.set(uid, (sentAbout.get(uid) ?? 0) + 1);
      }
      for (const sent of sentAbout.values()) expect(sent).toBeLessThanOrEqual(25 + (nowMs - startMs) / 300_000 + 1);
    }),
  );
});
