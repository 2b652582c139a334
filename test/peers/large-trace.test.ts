import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { largeRunSpans, SKIPPED, STEPS, TASKS, TRACE } from '../../bench/support/large-run.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { createSink } from '../../shared/tracing/exporters/factory.ts';
import { LIFECYCLE_SERVICE, serviceResource } from '../../shared/tracing/resource.ts';
import { toReadableSpan } from '../../shared/tracing/span-record.ts';
import { readTrace } from './support/jaeger-trace.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';

let jaeger: Jaeger;
beforeAll(async () => {
  jaeger = await startJaeger();
});
afterAll(async () => {
  await jaeger.stop();
});

test('a run of a thousand tasks is in Jaeger as it was sent: every span once, in its place, without a warning', async () => {
  const sent = largeRunSpans();
  const sink = await createSink({ collectorUrl: jaeger.otlpUrl }, {}, silentLogger);
  const resource = serviceResource(LIFECYCLE_SERVICE, 'cluster-a');
  await sink?.send(sent.map((record) => toReadableSpan(record, resource)));
  await sink?.close();
  const { shown, stored, warnings } = await readTrace(jaeger, TRACE);
  expect(warnings).toEqual([]);
  expect(stored).toHaveLength(sent.length);
  const placed = (spans: { spanId: string; parentSpanId?: string | undefined; name: string }[]): string[] =>
    spans.map(({ spanId, parentSpanId, name }) => `${spanId} ${parentSpanId} ${name}`).sort();
  expect(placed(shown)).toEqual(placed(sent));
  const named = (pattern: RegExp): number => shown.filter(({ name }) => pattern.test(name)).length;
  expect([named(/^task /), named(/^step /), named(/^RUN /)]).toEqual([TASKS, (TASKS - SKIPPED) * STEPS, 1]);
});
