import { afterEach, beforeEach, expect, test } from '@jest/globals';

import { resourceFromAttributes } from '@opentelemetry/resources';

import { createJaegerSink } from '../../../../../shared/tracing/exporters/jaeger.ts';
import type { SpanSink } from '../../../../../shared/tracing/exporters/sink.ts';
import { startCollector, status, testSpan } from './collector.ts';
import type { Collector } from './collector.ts';

let collector: Collector;
let sink: SpanSink;
beforeEach(async () => {
  collector = await startCollector();
  collector.answers = [status(202)];
  sink = createJaegerSink({ url: collector.url('/api/traces'), timeoutMs: 2000 });
});
afterEach(async () => {
  await sink.close();
  await collector.close();
});

const bodies = (): string[] => collector.requests.map(({ body }) => body.toString('latin1'));

test('each service has a batch of its own', async () => {
  const services = ['tekton-pipelines', 'pipelinerun-reconciler', 'taskrun-reconciler'];
  await sink.send(services.map((service) => testSpan(`span of ${service}`, service)));
  expect(collector.requests.map(({ path }) => path)).toEqual(Array(3).fill('/api/traces'));
  for (const [index, service] of services.entries())
    expect(services.map((other) => bodies()[index]?.includes(`span of ${other}`))).toEqual(
      services.map((other) => other === service),
    );
});

test('the resource goes into the process, once a batch', async () => {
  await sink.send([testSpan('a'), testSpan('b'), testSpan('c')]);
  expect(bodies()[0]?.split('cluster-1').length).toBe(1 + 3);
});

test.each([
  [500, true],
  [503, true],
  [429, true],
  [400, false],
  [401, false],
])('%i is not accepted; retryable: %s', async (code, retryable) => {
  collector.answers = [status(code)];
  await expect(sink.send([testSpan('a')])).rejects.toMatchObject({
    name: 'ExportError',
    retryable,
    message: expect.stringContaining(String(code)),
  });
});

test('after a refusal the next batch has only its own spans', async () => {
  collector.answers = [status(503), status(202)];
  await expect(sink.send([testSpan('first')])).rejects.toThrow();
  await sink.send([testSpan('second')]);
  expect(bodies().map((body) => [body.includes('first'), body.includes('second')])).toEqual([
    [true, false],
    [false, true],
  ]);
});

test('a collector that never answers is given up in time', async () => {
  collector.answers = [() => undefined];
  const hasty = createJaegerSink({ url: collector.url('/api/traces'), timeoutMs: 50 });
  await expect(hasty.send([testSpan('a')])).rejects.toMatchObject({
    retryable: true,
    message: expect.stringContaining('no response within 50 ms'),
  });
});

test('two resources of one service are two processes', async () => {
  const container = (name: string) => {
    const span = testSpan(`span of ${name}`, 'make');
    return Object.create(span, {
      resource: { value: resourceFromAttributes({ 'service.name': 'make', container: name }) },
    }) as typeof span;
  };
  await sink.send(['one', 'two'].map(container));
  expect(bodies().map((body) => ['one', 'two'].filter((name) => body.includes(name)))).toEqual([['one'], ['two']]);
});
