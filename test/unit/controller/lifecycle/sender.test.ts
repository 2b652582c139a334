import { expect, test } from '@jest/globals';

import { LifecycleSender } from '../../../../controller/lifecycle/sender.ts';
import { span } from '../../../../controller/lifecycle/span.ts';
import { createLogger } from '../../../../shared/runtime/log.ts';
import { ExportError } from '../../../../shared/tracing/exporters/sink.ts';

const spans = [span({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }, 'step make', { startMs: 1, endMs: 2 })];

function sender(answers: (Error | undefined)[], random = () => 0.5) {
  const lines: string[] = [];
  const sink = {
    target: 'http://collector',
    send: async () => {
      const error = answers.shift();
      if (error) throw error;
    },
    close: async () => undefined,
  };
  const log = createLogger({ format: 'text', write: (line) => void lines.push(line) });
  return { lines, send: new LifecycleSender({ sink, clusterKey: 'c', log, random }) };
}

test('waits longer after each refusal, up to 15 s, and starts anew after an acceptance', async () => {
  const { send } = sender([...Array.from({ length: 40 }, () => new Error('away')), undefined, new Error('away')]);
  const waits: number[] = [];
  for (let index = 0; index < 40; index++) {
    expect(await send.send(spans)).toBe('retry');
    waits.push(send.retryMs());
  }
  expect(waits.slice(0, 8)).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  expect(waits.at(-1)).toBe(15_000);
  expect(await send.send(spans)).toBe('accepted');
  await send.send(spans);
  expect(send.retryMs()).toBe(250);
});

test('waits a fifth less or more, so that many do not come back at once', async () => {
  for (const [random, expected] of [
    [0, 200],
    [1, 300],
  ] as const) {
    const { send } = sender([new Error('away')], () => random);
    await send.send(spans);
    expect(send.retryMs()).toBeCloseTo(expected);
  }
});

test('waits as long as the collector asks for, within a minute', async () => {
  const { send } = sender(
    [7000, 3_600_000].map((retryAfterMs) => new ExportError('503', { retryable: true, retryAfterMs })),
  );
  await send.send(spans);
  expect(send.retryMs()).toBe(7000);
  await send.send(spans);
  expect(send.retryMs()).toBe(60_000);
});

test('warns once while the collector is away, and says once that it is back', async () => {
  const { send, lines } = sender([new Error('away'), new Error('away'), undefined, undefined]);
  for (let index = 0; index < 4; index++) await send.send(spans);
  expect(lines.map((line) => line.slice(13, 17))).toEqual(['warn', 'info']);
});

test('nothing to send is accepted without asking anybody', async () => {
  const { send } = sender([new Error('asked')]);
  expect(await send.send([])).toBe('accepted');
});

const refusal = (message: string, partial = false): ExportError =>
  new ExportError(message, { retryable: false, partial });

test('a refusal and a partial success are told apart; each answer is said once until spans are accepted', async () => {
  const { send, lines } = sender([
    refusal('answered 400'),
    refusal('answered 400'),
    refusal('refused 1 of 2 spans: old', true),
    refusal('refused 3 of 9 spans: old', true),
    undefined,
    refusal('answered 400'),
  ]);
  const results = ['refused', 'refused', 'accepted', 'accepted', 'accepted', 'refused'];
  for (const result of results) expect(await send.send(spans)).toBe(result);
  expect(lines.map((line) => line.slice(13, 17))).toEqual(['warn', 'warn', 'info', 'warn']);
});
