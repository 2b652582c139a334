import { expect, test } from '@jest/globals';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

import { checkCollector, checkJaeger, sendSpan } from '../../../../cli/doctor/collector.ts';
import { JaegerQueryError } from '../../../../local/jaeger/query.ts';
import type { JaegerQuery } from '../../../../local/jaeger/query.ts';
import { silentLogger } from '../../../../shared/runtime/log.ts';
import { ExportError } from '../../../../shared/tracing/exporters/sink.ts';
import type { SpanSink } from '../../../../shared/tracing/exporters/sink.ts';
import { readSpanSettings } from '../../../../shared/tracing/span-settings.ts';
import type { TracesData } from '../../../../shared/otlp/types.ts';
import { exampleTrace } from '../../local/viewer/example-trace.ts';

const TRACE_ID = 'a'.repeat(32);

test('a collector that accepts, and none', async () => {
  expect(await checkCollector(async () => 'http://c', TRACE_ID, undefined)).toMatchObject({
    state: 'ok',
    text: 'http://c accepted a span',
  });
  expect(await checkCollector(undefined, TRACE_ID, undefined)).toMatchObject({ state: 'unknown' });
  expect(
    await checkCollector(undefined, TRACE_ID, { url: 'http://jaeger:4318/v1/traces', test: 'helm test t -n tracing' }),
  ).toMatchObject({
    state: 'unknown',
    text: 'this machine was not told how it reaches http://jaeger:4318/v1/traces',
    remedy: expect.stringMatching(/^helm test t -n tracing /) as unknown as string,
  });
});

test('the span is of no run’s service: no list of runs has it', async () => {
  const sent: ReadableSpan[] = [];
  const sink: SpanSink = { target: 'c', send: async (spans) => void sent.push(...spans), close: async () => undefined };
  await sendSpan(sink, readSpanSettings({}, silentLogger), TRACE_ID, 0);
  expect(sent.map(({ name, resource }) => [name, resource.attributes['service.name']])).toEqual([
    ['tektrace check', 'tektrace'],
  ]);
});

test('the port of Jaeger’s page is no collector’s', async () => {
  expect(await checkCollector(async () => 'http://j:16686/api/traces', TRACE_ID, undefined)).toMatchObject({
    state: 'warning',
    remedy: expect.stringContaining('--jaeger-query-url') as unknown as string,
  });
});

test.each([
  ['http://c: answered 401', /--otlp-headers-file/],
  ['http://c: answered 403', /--otlp-headers-file/],
  ['https://c: self-signed certificate', /--otlp-ca-file/],
  ['http://c: no response within 10000 ms', /port 4318/],
])('what to do about %p', async (message, remedy) => {
  const refuse = () => Promise.reject(new ExportError(message, { retryable: false }));
  expect((await checkCollector(refuse, TRACE_ID, undefined)).remedy).toMatch(remedy);
});

test('a reason that says itself what to do gets no other advice', async () => {
  const refuse = () => Promise.reject(new ExportError('https://c: x: use http:// instead', { retryable: true }));
  expect(await checkCollector(refuse, TRACE_ID, undefined)).not.toHaveProperty('remedy');
});

const jaeger = (trace: () => Promise<TracesData | undefined>): JaegerQuery => ({
  ...{ url: 'http://jaeger', trace },
  search: async () => new Map<string, TracesData>(),
});
const spanned: TracesData = structuredClone(exampleTrace);
for (const span of spanned.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)))
  span.name = 'tektrace check';

test('Jaeger shows the span at once, or later', async () => {
  let asked = 0;
  const later = jaeger(async () => ((asked += 1) > 1 ? spanned : undefined));
  expect(await checkJaeger(later, TRACE_ID, 60_000)).toMatchObject({ state: 'ok' });
});

test('Jaeger does not show it, or can’t be asked', async () => {
  expect(
    await checkJaeger(
      jaeger(async () => undefined),
      TRACE_ID,
      1,
    ),
  ).toMatchObject({
    state: 'failed',
    text: expect.stringContaining(`(trace ${TRACE_ID})`) as unknown as string,
  });
  // A trace that others have begun is not the span.
  expect(
    await checkJaeger(
      jaeger(async () => exampleTrace),
      TRACE_ID,
      1,
    ),
  ).toMatchObject({ state: 'failed' });
  const down = jaeger(() => Promise.reject(new JaegerQueryError('http://jaeger: cannot be reached')));
  expect(await checkJaeger(down, TRACE_ID, 1)).toMatchObject({ text: 'http://jaeger: cannot be reached' });
});
