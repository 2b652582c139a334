import { expect } from '@jest/globals';

import type { SpanRecord } from '../../../../shared/tracing/span-record.ts';

export const names = (spans: SpanRecord[]): string[] => spans.map((span) => span.name);

/** The one span of that name. */
export function named(spans: SpanRecord[], name: string): SpanRecord {
  const found = spans.filter((span) => span.name === name);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** What holds for every tree: no id twice, no span outside its parent's time, one span without a parent in the list. */
export function expectWellFormed(spans: SpanRecord[]): void {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  expect(byId.size).toBe(spans.length);
  expect(new Set(spans.map((span) => span.traceId)).size).toBe(1);
  for (const span of spans) {
    expect(span.endMs).toBeGreaterThanOrEqual(span.startMs);
    const parent = byId.get(span.parentSpanId ?? '');
    if (!parent) continue;
    expect([span.name, span.startMs >= parent.startMs, span.endMs <= parent.endMs]).toEqual([span.name, true, true]);
  }
  expect(spans.filter((span) => !byId.has(span.parentSpanId ?? ''))).toHaveLength(1);
}
