import { expect, test } from '@jest/globals';

import { LifecycleSender } from '../../../../controller/lifecycle/sender.ts';
import { span } from '../../../../controller/lifecycle/span.ts';
import { createLogger } from '../../../../shared/runtime/log.ts';
import { ExporterSettingsError } from '../../../../shared/tracing/exporters/settings.ts';
import { EncodingError, ExportError } from '../../../../shared/tracing/exporters/sink.ts';

const spans = [span({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }, 'step make', { startMs: 1, endMs: 2 })];

function sender(answers: (Error | undefined)[], random = () => 0.5) {
  const lines: string[] = [];
  const clock = { nowMs: 0 };
  let requests = 0;
  let silence: Promise<void> | undefined;
  /** The collector does not answer until the returned function is called. */
  const hang = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    silence = promise;
    return resolve;
  };
  const sink = {
    target: 'http://collector',
    send: async () => {
      requests += 1;
      await silence;
      const error = answers.shift();
      if (error) throw error;
    },
    close: async () => undefined,
  };
  const log = createLogger({ format: 'text', write: (line) => void lines.push(line) });
  const lifecycle = new LifecycleSender({ sink, clusterKey: 'c', log, random, nowMs: () => clock.nowMs });
  const send = (run = 'a') => lifecycle.send(run, spans);
  /** Sends, and lets the time pass that it asks for. */
  const sendAndWait = async (run = 'a'): Promise<number | string> => {
    const result = await send(run);
    if (result.kind !== 'retry') return result.kind;
    clock.nowMs += result.inMs;
    return result.inMs;
  };
  return { lines, lifecycle, clock, send, sendAndWait, hang, requests: () => requests };
}
const levels = (lines: string[]) => lines.map((line) => line.slice(13, 17));
const away = () => new ExportError('away', { retryable: true });
const busy = (retryAfterMs: number) => new ExportError('503', { retryable: true, retryAfterMs });

test('waits longer after each refusal, up to 15 s, and starts anew after an acceptance', async () => {
  const refusals = Array.from({ length: 40 }, away);
  const { sendAndWait } = sender([...refusals, undefined, away()]);
  const waits: (number | string)[] = [];
  for (let index = 0; index < 40; index++) waits.push(await sendAndWait());
  expect(waits.slice(0, 8)).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
  expect(waits.at(-1)).toBe(15_000);
  expect(await sendAndWait()).toBe('accepted');
  expect(await sendAndWait()).toBe(250);
});

test('many runs together retry a hundred times a second at most: after a day without a collector that would be all that is done', async () => {
  const [runs, rounds] = [5000, 12];
  const { send, clock } = sender(Array.from({ length: runs * rounds }, away));
  for (let round = 0; round < rounds; round++) {
    for (let run = 0; run < runs; run++) await send(String(run));
    clock.nowMs += 100_000;
  }
  expect(await send('0')).toEqual({ kind: 'accepted' });
  clock.nowMs -= 100_000;
  expect(await send('1')).toEqual({ kind: 'retry', inMs: 50_000 * 1.1 });
});

test('a collector that says nothing any more is asked for one run at a time: the others do not wait for its timeout', async () => {
  const { send, clock, hang, requests } = sender([away()]);
  await send('a');
  clock.nowMs = 250;
  const answer = hang();
  const asked = send('a');
  expect(await send('b')).toEqual({ kind: 'retry', inMs: 250 });
  expect(await send('c')).toEqual({ kind: 'retry', inMs: 250 });
  expect(requests()).toBe(2);
  answer();
  expect(await asked).toEqual({ kind: 'accepted' });
  clock.nowMs = 500;
  expect(await Promise.all([send('b'), send('c')])).toEqual([{ kind: 'accepted' }, { kind: 'accepted' }]);
});

test('waits a fifth less or more, so that many do not come back at once', async () => {
  for (const [random, expected] of [
    [0, 200],
    [1, 300],
  ] as const)
    expect(await sender([away()], () => random).sendAndWait()).toBeCloseTo(expected);
});

test('each run has its own wait: an acceptance of one does not shorten that of another, nor hide that it fails', async () => {
  const { send, sendAndWait, lines } = sender([away(), away(), undefined, away()]);
  expect([await sendAndWait('a'), await sendAndWait('a')]).toEqual([250, 500]);
  expect(await send('b')).toEqual({ kind: 'accepted' });
  expect(await sendAndWait('a')).toBe(1000);
  expect(await sendAndWait('a')).toBe('accepted');
  expect(levels(lines)).toEqual(['warn', 'info']);
});

test('is not asked before the time: whatever else brings the run back', async () => {
  const { send, clock, requests } = sender([away()]);
  await send();
  clock.nowMs = 100;
  expect(await send()).toMatchObject({ kind: 'retry' });
  expect(requests()).toBe(1);
  clock.nowMs = 250;
  expect(await send()).toEqual({ kind: 'accepted' });
});

test('the wait that the collector asks for holds for all runs, and is a minute at most', async () => {
  const { send, clock, requests } = sender([busy(7000), busy(30 * 86_400_000)]);
  expect(await send('a')).toEqual({ kind: 'retry', inMs: 7000 });
  expect(await send('b')).toMatchObject({ kind: 'retry' });
  expect(requests()).toBe(1);
  clock.nowMs = 7000;
  expect(await send('a')).toEqual({ kind: 'retry', inMs: 60_000 });
});

test('warns once while the collector is away, and says once that it is back', async () => {
  const { sendAndWait, lines } = sender([away(), away(), undefined, undefined]);
  for (let index = 0; index < 4; index++) await sendAndWait();
  expect(levels(lines)).toEqual(['warn', 'info']);
});

test('nothing to send is accepted without asking anybody', async () => {
  expect(await sender([new Error('asked')]).lifecycle.send('a', [])).toEqual({ kind: 'accepted' });
});

const refusal = (message: string, rejected?: number): ExportError =>
  new ExportError(message, { retryable: false, ...(rejected !== undefined && { rejected }) });

test('a refusal and a partial success are told apart; each answer is said once until spans are accepted', async () => {
  const { send, lines } = sender([
    refusal('answered 400'),
    refusal('answered 400'),
    refusal('refused 1 of 2 spans: old', 1),
    refusal('refused 3 of 9 spans: old', 3),
    undefined,
    refusal('answered 400'),
  ]);
  const results = ['refused', 'refused', 'accepted', 'accepted', 'accepted', 'refused'];
  for (const kind of results) expect(await send()).toEqual({ kind });
  expect(levels(lines)).toEqual(['warn', 'warn', 'info', 'warn']);
});

test('spans that can not be encoded are not sent again, and the collector is not blamed', async () => {
  const { send, lines } = sender([new EncodingError('http://collector', new TypeError('no such field'))]);
  expect(await send()).toEqual({ kind: 'refused' });
  expect(lines).toEqual([expect.stringContaining("lifecycle spans can't be encoded")]);
});

test('spans are sent again while a renewed settings file is wrong, with one warning that does not blame the collector', async () => {
  const wrong = new ExporterSettingsError('the header tenant: gRPC takes printable ASCII only');
  const { sendAndWait, lines } = sender([wrong, wrong]);
  expect([await sendAndWait(), await sendAndWait(), await sendAndWait()]).toEqual([250, 500, 'accepted']);
  expect(levels(lines)).toEqual(['warn', 'info']);
  expect(lines[0]).toMatch(/lifecycle spans can't be sent at present.*header tenant/);
});
