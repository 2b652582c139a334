import { afterAll, afterEach, beforeAll, expect, jest } from '@jest/globals';

import type { LocatedSpan } from '../../shared/otlp/spans.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { newTraceId } from '../../shared/tracing/ids.ts';
import { rig } from '../unit/controller/lifecycle/faults/stage.ts';
import { readTrace } from './support/jaeger-trace.ts';
import { startJaeger } from './support/jaeger.ts';
import type { Jaeger } from './support/jaeger.ts';

/*
 * The faults of docs/faults.md, in the real Jaeger: after each test it gets what the test's collector stored, copies included. The test itself compares
 * that with the undisturbed run.
 */

let jaeger: Jaeger;
beforeAll(async () => {
  jaeger = await startJaeger();
});
afterAll(() => jaeger.stop());

const idsOf = (stored: LocatedSpan[]): string[] => [...new Set(stored.map(({ span }) => span.traceId))];

/** The spans of one trace under another id, because each test has the same ids. */
const renamed = (stored: LocatedSpan[], from: string, traceId: string): TracesData => ({
  resourceSpans: stored
    .filter(({ span }) => span.traceId === from)
    .map(({ span, resource, scope }) => ({
      resource,
      scopeSpans: [{ scope, spans: [{ ...span, traceId }] }],
    })),
});

const placed = (spans: { spanId: string; parentSpanId?: string | undefined; name: string }[]): string[] =>
  [...new Set(spans.map(({ spanId, parentSpanId, name }) => `${spanId} ${parentSpanId || undefined} ${name}`))].sort();

afterEach(async () => {
  jest.useRealTimers();
  const { stored } = rig.collector;
  for (const id of idsOf(stored)) {
    const traceId = newTraceId();
    const sent = renamed(stored, id, traceId);
    const response = await fetch(jaeger.otlpUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(sent),
    });
    expect([response.status, await response.json()]).toEqual([200, { partialSuccess: {} }]);
    const { shown, warnings } = await readTrace(jaeger, traceId);
    expect(warnings).toEqual([]);
    const spans = stored.map(({ span }) => span).filter((span) => span.traceId === id);
    expect(shown).toHaveLength(new Set(spans.map(({ spanId }) => spanId)).size);
    expect(placed(shown)).toEqual(placed(spans));
  }
});

await import('../unit/controller/lifecycle/faults/annotations.test.ts');
await import('../unit/controller/lifecycle/faults/api-server.test.ts');
await import('../unit/controller/lifecycle/faults/collector.test.ts');
await import('../unit/controller/lifecycle/faults/killed.test.ts');
await import('../unit/controller/lifecycle/faults/nodes.test.ts');
