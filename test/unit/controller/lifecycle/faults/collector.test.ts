import { describe, expect, test } from '@jest/globals';

import type { LocatedSpan } from '../../../../../shared/otlp/spans.ts';
import { ms } from '../objects.ts';
import { ACCEPTED, partialSuccess, refusal, SILENCE, UNANSWERED } from './collector.ts';
import type { Answer } from './collector.ts';
import { rig, whole } from './stage.ts';
import { standardRun } from './standard-run.ts';
import { expectDone, expectQuiet, expectSpans } from './trace.ts';

/** What the collector does between two seconds of the run; before and after it accepts. */
function answers(answer: Answer, from: number, to: number): void {
  rig.collector.answer = () => (Date.now() >= ms(from) && Date.now() < ms(to) ? answer : ACCEPTED);
}

test('no fault: the run has its spans, in a request each for what is final together', async () => {
  await rig.process();
  await rig.play(standardRun());
  await rig.until(200);
  expectDone(rig);
  expect(rig.sent.map(({ to, what }) => `${to}: ${what.split(', ').at(-1)}`)).toEqual([
    'collector: admission',
    'collector: queued',
    'collector: task fetch',
    'collector: task build',
    'api: mark build-x7k2p-fetch',
    'api: mark build-x7k2p-build',
    'collector: task test',
    'collector: RUN build',
    'api: mark build-x7k2p',
  ]);
  expect(whole).toHaveLength(33);
  expectSpans(rig, whole);
  await expectQuiet(rig);
});

describe('a collector that takes nothing for more than two minutes gets everything when it does', () => {
  const afterWait = (value: string): Record<string, string> => ({ 'retry-after': value });
  test.each<[string, Answer]>([
    ['says nothing', SILENCE],
    ['answers 503', refusal(503)],
    ['answers 503 and asks for 30 days', refusal(503, afterWait('2592000'))],
    ['answers 502', refusal(502)],
    ['answers 504', refusal(504)],
    ['answers 408', refusal(408)],
    ['answers 429', refusal(429)],
    ['answers 429 and asks for 30 days', refusal(429, afterWait('2592000'))],
    ['answers 429 and asks for a time in the past', refusal(429, afterWait('Thu, 01 Jan 1970 00:00:00 GMT'))],
    ['answers 429 and asks for a negative time', refusal(429, afterWait('-5'))],
    ['answers 429 and asks for a word', refusal(429, afterWait('soon'))],
    ['stores the spans and breaks the connection', UNANSWERED],
  ])('%s', async (_what, answer) => {
    if (answer === SILENCE) rig.patienceMs = 100;
    answers(answer, 0, 150);
    await rig.process();
    await rig.play(standardRun());
    await rig.until(250);
    expectDone(rig);
    expectSpans(rig, whole);
    expect(rig.collector.requests).toBeLessThan(60);
    await expectQuiet(rig);
  });

  test('refuses connections', async () => {
    await rig.process();
    await rig.collector.close();
    await rig.play(standardRun());
    await rig.until(150);
    expect(rig.collector.stored).toEqual([]);
    await rig.collector.open();
    await rig.until(200);
    expectDone(rig);
    expectSpans(rig, whole);
    await expectQuiet(rig);
  });

  test('is away for an hour, while the run ends', async () => {
    await rig.process();
    await rig.play(standardRun().filter(({ at }) => at <= 60));
    await rig.collector.close();
    await rig.play(standardRun().filter(({ at }) => at > 60));
    await rig.until(3660);
    expect(rig.mark('pipelineruns', 'build-x7k2p')).toBeUndefined();
    await rig.collector.open();
    await rig.until(3760);
    expectDone(rig);
    expectSpans(rig, whole);
    expect(rig.warnings.filter((line) => line.includes('lifecycle spans'))).toHaveLength(1);
  });
});

describe('a collector that refuses for good is not asked again, and the next process sends what was refused', () => {
  const codes = [400, 401, 403, 404, 413, 500];
  test.each(codes)('answers %i to everything', async (code) => {
    answers(refusal(code), -10, 200);
    const first = await rig.process();
    await rig.play(standardRun());
    await rig.until(200);
    expect(rig.collector.stored).toEqual([]);
    expect(rig.collector.requests).toBe(6);
    expect(rig.sent.filter(({ to }) => to === 'api')).toEqual([]);
    await first.end();
    await rig.process();
    await rig.until(210);
    expectDone(rig);
    expectSpans(rig, whole);
    await expectQuiet(rig);
  });

  test.each([
    ['what leaves before the end', 0, 10],
    ['one TaskRun', 15, 30],
    ['the root', 141, 200],
  ])('answers 413 to %s', async (_what, from, to) => {
    answers(refusal(413), from, to);
    const first = await rig.process();
    await rig.play(standardRun());
    await rig.until(210);
    await first.end();
    await rig.process();
    await rig.until(220);
    expectDone(rig);
    expectSpans(rig, whole);
  });
});

test('a collector that takes only a part keeps that part: the rest is not sent again, as OTLP says', async () => {
  const isTaken = ({ span }: LocatedSpan): boolean => span.name !== 'step first';
  rig.collector.answer = () => partialSuccess(isTaken);
  const first = await rig.process();
  await rig.play(standardRun());
  await rig.until(200);
  await first.end();
  await rig.process();
  await rig.until(210);
  expectDone(rig);
  expect(rig.collector.requests).toBe(6);
  expectSpans(rig, whole.filter(isTaken));
});
