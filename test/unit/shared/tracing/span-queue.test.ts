import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { expect, test } from '@jest/globals';

import { createLogger } from '../../../../shared/runtime/log.ts';
import { ExporterSettingsError } from '../../../../shared/tracing/exporters/settings.ts';
import { EncodingError, ExportError } from '../../../../shared/tracing/exporters/sink.ts';
import { SpanQueue } from '../../../../shared/tracing/span-queue.ts';
import { testSpan } from './exporters/collector.ts';

function harness(answers: (Error | undefined)[] = [], options: { maxSpans?: number; batchSpans?: number } = {}) {
  const lines: string[] = [];
  const batches: string[][] = [];
  const queue = new SpanQueue({
    sink: {
      target: 'http://collector',
      send: async (spans: ReadableSpan[]) => {
        batches.push(spans.map((span) => span.name));
        const error = answers.shift();
        if (error) throw error;
      },
      close: async () => undefined,
    },
    log: createLogger({ format: 'text', write: (line) => void lines.push(line) }),
    delayMs: 1,
    ...options,
  });
  return { queue, batches, lines, warnings: () => lines.filter((line) => line.includes(' warn ')) };
}

const away = () => new ExportError('connect ECONNREFUSED', { retryable: true, retryAfterMs: 1 });
const spans = (...names: string[]): ReadableSpan[] => names.map((name) => testSpan(name));

test('queued spans are sent when the shutdown is done', async () => {
  const { queue, batches } = harness();
  queue.add(spans('a', 'b'));
  queue.add(spans('c'));
  await queue.shutDown(5000);
  expect(batches.flat()).toEqual(['a', 'b', 'c']);
  expect(queue.counts).toEqual({ sent: 3, refused: 0, dropped: 0, queued: 0 });
});

test('the spans of one reconcile are never in two batches', async () => {
  const { queue, batches } = harness([], { batchSpans: 3 });
  queue.add(spans('a', 'b'));
  queue.add(spans('c', 'd'));
  queue.add(spans('e'));
  await queue.shutDown(5000);
  expect(batches).toEqual([['a', 'b', 'c', 'd'], ['e']]);
});

test('a collector that is away gets the same batch again, and is warned of once', async () => {
  const { queue, batches, warnings, lines } = harness([away(), away()]);
  queue.add(spans('a'));
  await queue.shutDown(10_000);
  expect(batches).toEqual([['a'], ['a'], ['a']]);
  expect(warnings()).toHaveLength(1);
  expect(lines.at(-1)).toContain('accepts spans again');
  expect(queue.counts).toMatchObject({ sent: 1, dropped: 0 });
});

test.each([
  ['a collector refuses for good', 'permanently refused', new ExportError('answered 400', { retryable: false })],
  ['can not be encoded', "can't be encoded", new EncodingError('http://collector', new TypeError('no such field'))],
])('a batch that %s is dropped, and those behind it go out', async (_what, said, error) => {
  const { queue, batches, warnings } = harness([error], { batchSpans: 1 });
  queue.add(spans('bad'));
  queue.add(spans('good'));
  await queue.shutDown(5000);
  expect(batches).toEqual([['bad'], ['good']]);
  expect(queue.counts).toMatchObject({ sent: 1, refused: 1, dropped: 0 });
  expect(warnings()).toEqual([expect.stringContaining(said)]);
});

test('spans are kept while a renewed settings file is wrong, with one warning that does not blame the collector', async () => {
  const wrong = new ExporterSettingsError('the header tenant: gRPC takes printable ASCII only');
  const { queue, batches, warnings } = harness([wrong, wrong]);
  queue.add(spans('a'));
  await queue.shutDown(10_000);
  expect(batches).toEqual([['a'], ['a'], ['a']]);
  expect(queue.counts).toMatchObject({ sent: 1, refused: 0, dropped: 0 });
  expect(warnings()).toEqual([expect.stringMatching(/spans can't be sent at present.*header tenant/)]);
});

test('a full queue takes all or no spans of a reconcile, counts dropped ones, and logs once per burst', async () => {
  const { queue, warnings } = harness([], { maxSpans: 3 });
  queue.add(spans('a', 'b'));
  queue.add(spans('c', 'd'));
  queue.add(spans('e', 'f'));
  expect(queue.counts).toMatchObject({ queued: 2, dropped: 4 });
  expect(warnings()).toHaveLength(1);
  queue.add(spans('g'));
  queue.add(spans('h'));
  expect(warnings()).toHaveLength(2);
  await queue.shutDown(5000);
  expect(queue.counts).toMatchObject({ sent: 3, dropped: 5 });
});

test('a shutdown ends in time without a collector, and logs the number of lost spans', async () => {
  const { queue, lines } = harness(Array.from({ length: 100 }, () => new ExportError('away', { retryable: true })));
  queue.add(spans('a', 'b'));
  await queue.shutDown(20);
  expect(queue.counts).toMatchObject({ sent: 0, dropped: 2 });
  expect(lines.at(-1)).toContain('spans=2');
});

test('refusals of the same kind are logged once, until spans are accepted', async () => {
  const refused = (message: string): ExportError => new ExportError(message, { retryable: false });
  const { queue, batches, warnings, lines } = harness(
    [refused('refused 1 of 1 spans: old'), refused('refused 2 of 3 spans: old'), refused('answered 400')],
    { batchSpans: 1 },
  );
  for (const name of ['a', 'b', 'c', 'd']) queue.add(spans(name));
  await queue.shutDown(5000);
  expect(batches).toHaveLength(4);
  expect(warnings()).toHaveLength(2);
  expect(lines.at(-1)).toContain('accepts spans again');
  expect(queue.counts).toMatchObject({ sent: 1, refused: 3, dropped: 0 });
});
