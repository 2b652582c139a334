import { expect, test } from '@jest/globals';

import { mirrorSink } from '../../../../../shared/tracing/exporters/mirror.ts';
import type { SpanSink } from '../../../../../shared/tracing/exporters/sink.ts';
import { ExportError } from '../../../../../shared/tracing/exporters/sink.ts';
import { silentLogger } from '../../../../../shared/runtime/log.ts';

type Spans = Parameters<SpanSink['send']>[0];

const spans = [{ name: 'one' }] as unknown as Spans;

function recording(send: (spans: Spans) => void = () => undefined): SpanSink & { got: Spans[]; closed: boolean } {
  const sink = {
    target: 'http://test',
    got: [] as Spans[],
    closed: false,
    send: async (batch: Spans) => {
      send(batch);
      sink.got.push(batch);
    },
    close: async () => {
      sink.closed = true;
    },
  };
  return sink;
}

const away = (): never => {
  throw new ExportError('away', { retryable: true });
};

const options = { log: silentLogger, maxSpans: 10, flushMs: 100 };

test('spans that the first collector accepts go to the second, too, and both are closed', async () => {
  const [first, second] = [recording(), recording()];
  const sink = mirrorSink(first, second, options);
  await sink.send(spans);
  await sink.close();
  expect([first.got, second.got]).toEqual([[spans], [spans]]);
  expect([first.closed, second.closed]).toEqual([true, true]);
});

test('an unreachable second collector delays nothing, and lost spans are logged at the end', async () => {
  const first = recording();
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  const sink = mirrorSink(first, recording(away), { ...options, log });
  await sink.send(spans);
  await sink.close();
  expect(first.got).toEqual([spans]);
  expect(warnings.at(-1)).toBe('spans were not sent before the end');
});

test('spans that the first refuses are not accepted and not sent to the second', async () => {
  const second = recording();
  const sink = mirrorSink(recording(away), second, options);
  await expect(sink.send(spans)).rejects.toThrow('away');
  await sink.close();
  expect(second.got).toEqual([]);
});
